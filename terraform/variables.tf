variable "function_name" {
  description = "The function's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name \"${var.function_name}\" is not one that Lambda takes: letters, digits, - and _, at most 64."
  }
}

variable "handler" {
  description = "The handler, file.function: src/orders.create is the function \"create\" of src/orders.lua."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^./]+([./][^./]+)*$", var.handler))
    error_message = "handler \"${var.handler}\" is malformed; write file.function, such as src/orders.create for the function \"create\" of src/orders.lua."
  }
}

variable "filename" {
  description = "The function's zip, as `moonlayer package` makes it. Either this or s3."
  type        = string
  default     = null

  validation {
    condition     = (var.filename == null) != (var.s3 == null)
    error_message = "the function's code is given by one of filename and s3."
  }

  validation {
    condition     = var.filename == null || can(filesha256(var.filename))
    error_message = "filename ${jsonencode(var.filename)} cannot be read; name the function's zip."
  }
}

variable "s3" {
  description = "Where the function's zip lies in S3. Either this or filename."
  type = object({
    bucket         = string
    key            = string
    object_version = optional(string)
  })
  default = null
}

variable "interpreter" {
  description = "The Lua of the function: lua-54 or luajit-21."
  type        = string
  default     = "lua-54"
  nullable    = false
}

variable "architecture" {
  description = "The processor of the function: x86_64 or arm64."
  type        = string
  default     = "x86_64"
  nullable    = false
}

variable "mode" {
  description = "Sets MOONLAYER_MODE: function, web or console. Unless given, the runtime's own, a function."
  type        = string
  default     = null

  validation {
    condition     = var.mode == null || contains(["function", "web", "console"], coalesce(var.mode, "-"))
    error_message = "unknown mode ${jsonencode(var.mode)}; it is one of function, web, console."
  }

  validation {
    condition     = var.mode == null || lookup(var.environment, "MOONLAYER_MODE", var.mode) == var.mode
    error_message = "mode is ${jsonencode(var.mode)}, MOONLAYER_MODE in environment another one; keep one of them."
  }
}

variable "layer_arn" {
  description = "The ARN of a published layer that holds the runtime. At most one of this, layer_zip and versions."
  type        = string
  default     = null
}

variable "layer_zip" {
  description = "The zip that `moonlayer layer build` makes; it is published as a layer of its own."
  type        = string
  default     = null

  validation {
    condition     = var.layer_zip == null || (var.layer_arn == null && var.versions == null)
    error_message = "layer_zip is given, and layer_arn or versions too; keep one of them."
  }

  validation {
    condition     = var.layer_zip == null || can(filesha256(var.layer_zip))
    error_message = "layer_zip ${jsonencode(var.layer_zip)} cannot be read; `moonlayer layer build` makes the zip and prints its path."
  }

  validation {
    # What every zip begins with, in base64.
    condition     = try(startswith(filebase64(var.layer_zip), "UEsDB"), true)
    error_message = "layer_zip ${jsonencode(var.layer_zip)} is not a zip; `moonlayer layer build` makes one and prints its path."
  }
}

variable "versions" {
  description = "The path of the versions.json that `moonlayer layer publish` writes. Unless given, the one of this checkout."
  type        = string
  default     = null
}

variable "layers" {
  description = "ARNs of your own layers, which come after the one that holds the runtime. Lambda takes five in all."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "environment" {
  description = "The function's environment variables."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "description" {
  description = "The function's description."
  type        = string
  default     = null
}

variable "memory_size" {
  description = "The function's memory, in MB."
  type        = number
  default     = 128
}

variable "timeout" {
  description = "The time that an invocation may take, in seconds."
  type        = number
  default     = 3
}

variable "region" {
  description = "The function's region. Unless given, the provider's."
  type        = string
  default     = null
}

variable "create_role" {
  description = "Whether the function gets a role of its own, which may write logs. Otherwise role_arn names one."
  type        = bool
  default     = true
  nullable    = false
}

variable "role_arn" {
  description = "The ARN of the function's role, where create_role is false."
  type        = string
  default     = null

  validation {
    condition     = var.create_role == (var.role_arn == null)
    error_message = "role_arn goes with create_role = false, and has to be given then."
  }
}

variable "vpc_config" {
  description = "The subnets and security groups of a function in a VPC."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "logging_config" {
  description = "How the function logs: log_format is Text or JSON."
  type = object({
    log_format            = optional(string, "Text")
    log_group             = optional(string)
    application_log_level = optional(string)
    system_log_level      = optional(string)
  })
  default = null
}

variable "tracing_mode" {
  description = "Active or PassThrough. Unless given, Lambda's own, PassThrough."
  type        = string
  default     = null
}

variable "ephemeral_storage_mb" {
  description = "The size of /tmp, in MB. Unless given, Lambda's own, 512."
  type        = number
  default     = null
}

variable "reserved_concurrent_executions" {
  description = "How many invocations may run at once; -1 is no limit of the function's own."
  type        = number
  default     = -1
}

variable "publish" {
  description = "Whether each change is published as a version."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "The key that encrypts the environment variables. Unless given, Lambda's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the function and of its role."
  type        = map(string)
  default     = {}
}
