variable "interpreter" {
  description = "The Lua of the functions: lua-54 or luajit-21."
  type        = string
  default     = "lua-54"
  nullable    = false

  validation {
    condition     = contains(["lua-54", "luajit-21"], var.interpreter)
    error_message = "unknown interpreter \"${var.interpreter}\"; it is one of lua-54, luajit-21."
  }
}

variable "architecture" {
  description = "The processor of the functions: x86_64 or arm64."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "unknown architecture \"${var.architecture}\"; it is one of x86_64, arm64."
  }
}

variable "region" {
  description = "The region of the functions. Needed unless layer_arn is given, whose region is then held to it."
  type        = string
  default     = null

  validation {
    condition     = var.region == null || can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region ${jsonencode(var.region)} is not a region; one is eu-west-1."
  }
}

variable "layer_arn" {
  description = "The ARN of a published layer's version. Unless given, it comes from versions."
  type        = string
  default     = null

  validation {
    condition     = var.layer_arn == null || can(regex(local.arn, var.layer_arn))
    error_message = "layer_arn ${jsonencode(var.layer_arn)} is not the ARN of a layer's version; it reads arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION."
  }
}

variable "versions" {
  description = "The path of the versions.json that `moonlayer layer publish` writes. Unless given, the one of this checkout."
  type        = string
  default     = null

  validation {
    condition     = var.versions == null || var.layer_arn == null
    error_message = "layer_arn and versions are both given; keep one of them."
  }

  validation {
    condition     = var.versions == null || can(filesha256(var.versions))
    error_message = "versions ${jsonencode(var.versions)} cannot be read; name the versions.json that `moonlayer layer publish` wrote."
  }
}
