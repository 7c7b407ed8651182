# A function in Lua, with the layer that holds the runtime before all others.

data "aws_region" "here" {
  region = var.region
}

data "aws_partition" "here" {}

module "layer" {
  source = "./layer"

  interpreter  = var.interpreter
  architecture = var.architecture
  region       = data.aws_region.here.region
  layer_arn    = var.layer_zip == null ? var.layer_arn : aws_lambda_layer_version.lua[0].arn
  versions     = var.versions
}

resource "aws_lambda_layer_version" "lua" {
  count = var.layer_zip == null ? 0 : 1

  region                   = var.region
  layer_name               = module.layer.name
  description              = "Lua for AWS Lambda"
  license_info             = "MIT OR Apache-2.0"
  filename                 = var.layer_zip
  source_code_hash         = filebase64sha256(var.layer_zip)
  compatible_runtimes      = [module.layer.runtime]
  compatible_architectures = [var.architecture]
}

resource "aws_lambda_function" "lua" {
  region        = var.region
  function_name = var.function_name
  description   = var.description
  handler       = var.handler
  runtime       = module.layer.runtime
  architectures = [var.architecture]
  layers        = local.layers
  role          = local.role_arn
  memory_size   = var.memory_size
  timeout       = var.timeout
  publish       = var.publish
  kms_key_arn   = var.kms_key_arn
  tags          = var.tags

  filename          = var.filename
  source_code_hash  = var.filename == null ? null : filebase64sha256(var.filename)
  s3_bucket         = try(var.s3.bucket, null)
  s3_key            = try(var.s3.key, null)
  s3_object_version = try(var.s3.object_version, null)

  reserved_concurrent_executions = var.reserved_concurrent_executions

  dynamic "environment" {
    for_each = length(local.environment) > 0 ? [local.environment] : []
    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config == null ? [] : [var.vpc_config]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  dynamic "logging_config" {
    for_each = var.logging_config == null ? [] : [var.logging_config]
    content {
      log_format            = logging_config.value.log_format
      log_group             = logging_config.value.log_group
      application_log_level = logging_config.value.application_log_level
      system_log_level      = logging_config.value.system_log_level
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing_mode == null ? [] : [var.tracing_mode]
    content {
      mode = tracing_config.value
    }
  }

  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_mb == null ? [] : [var.ephemeral_storage_mb]
    content {
      size = ephemeral_storage.value
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.layers) <= 5
      error_message = "layers has ${length(local.layers) - 1} layers beside the one that holds the runtime; Lambda takes 5 in all, so join some of them."
    }

    precondition {
      condition     = length(distinct(local.layer_names)) == length(local.layer_names)
      error_message = "layers names one layer in two versions, of which Lambda takes one: ${join(", ", local.layers)}; the one that holds the runtime is added by itself."
    }
  }

  # A function that starts before its role may write logs loses the first of them.
  depends_on = [aws_iam_role_policy_attachment.lua]
}

locals {
  layers      = distinct(concat([module.layer.arn], var.layers))
  layer_names = [for arn in local.layers : replace(arn, "/:[0-9]+$/", "")]
  environment = merge(var.environment, var.mode == null ? {} : { MOONLAYER_MODE = var.mode })
}
