# Terraform mocks the provider: it plans and applies the module with the provider's schema alone.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      region = "eu-west-1"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn  = "arn:aws:iam::123456789012:role/made"
      name = "made"
    }
  }

  mock_resource "aws_lambda_layer_version" {
    defaults = {
      arn = "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:9"
    }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn = "arn:aws:lambda:eu-west-1:123456789012:function:hello"
    }
  }
}

variables {
  function_name = "hello"
  handler       = "hello.handler"
  filename      = "tests/a zip.zip"
  versions      = "layer/tests/versions/published.json"
}

run "a_function_has_the_runtime_the_processor_and_the_layer" {
  assert {
    condition = (
      aws_lambda_function.lua.runtime == "provided.al2023" &&
      aws_lambda_function.lua.handler == "hello.handler" &&
      tolist(aws_lambda_function.lua.architectures) == tolist(["x86_64"])
    )
    error_message = "it is ${jsonencode(aws_lambda_function.lua)}"
  }

  assert {
    condition     = output.layer_arn == "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3" && aws_lambda_function.lua.layers == tolist([output.layer_arn])
    error_message = "the layers are ${jsonencode(aws_lambda_function.lua.layers)}"
  }

  assert {
    condition     = aws_lambda_function.lua.source_code_hash == filebase64sha256(var.filename)
    error_message = "the hash is not that of the zip"
  }

  assert {
    condition     = length(aws_lambda_function.lua.environment) == 0 && length(aws_lambda_layer_version.lua) == 0
    error_message = "there is more than was asked for"
  }
}

run "it_has_a_role_that_may_write_logs" {
  assert {
    condition     = output.role_arn == "arn:aws:iam::123456789012:role/made" && output.role_name == "made"
    error_message = "the role is ${output.role_arn}"
  }

  assert {
    condition     = aws_iam_role_policy_attachment.lua[0].policy_arn == "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    error_message = "the policy is ${aws_iam_role_policy_attachment.lua[0].policy_arn}"
  }
}

run "a_role_of_the_users_is_taken" {
  variables {
    create_role = false
    role_arn    = "arn:aws:iam::123456789012:role/mine"
  }

  assert {
    condition     = aws_lambda_function.lua.role == "arn:aws:iam::123456789012:role/mine" && length(aws_iam_role.lua) == 0
    error_message = "the role is ${aws_lambda_function.lua.role}"
  }
}

run "a_zip_is_published_as_a_layer" {
  variables {
    versions  = null
    layer_zip = "tests/a zip.zip"
  }

  assert {
    condition     = aws_lambda_function.lua.layers == tolist(["arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:9"])
    error_message = "the layers are ${jsonencode(aws_lambda_function.lua.layers)}"
  }

  assert {
    condition     = aws_lambda_layer_version.lua[0].layer_name == "lua-54-x86_64" && tolist(aws_lambda_layer_version.lua[0].compatible_architectures) == tolist(["x86_64"])
    error_message = "the layer is ${jsonencode(aws_lambda_layer_version.lua[0])}"
  }
}

run "the_users_layers_come_after_ours_and_ours_once" {
  variables {
    layers = [
      "arn:aws:lambda:eu-west-1:123456789012:layer:zebra:1",
      "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3",
      "arn:aws:lambda:eu-west-1:123456789012:layer:apple:1",
    ]
  }

  assert {
    condition     = aws_lambda_function.lua.layers == tolist([output.layer_arn, var.layers[0], var.layers[2]])
    error_message = "the layers are ${jsonencode(aws_lambda_function.lua.layers)}"
  }
}

run "all_settings_reach_the_function" {
  variables {
    interpreter                    = "lua-54"
    architecture                   = "arm64"
    mode                           = "web"
    environment                    = { NAME = "Ada" }
    description                    = "a greeting"
    memory_size                    = 512
    timeout                        = 7
    tracing_mode                   = "Active"
    ephemeral_storage_mb           = 1024
    reserved_concurrent_executions = 2
    publish                        = true
    tags                           = { team = "a" }
    vpc_config                     = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    logging_config                 = { log_format = "JSON", application_log_level = "DEBUG" }
    filename                       = null
    s3                             = { bucket = "b", key = "a key.zip" }
  }

  assert {
    condition     = aws_lambda_function.lua.environment[0].variables == tomap({ NAME = "Ada", MOONLAYER_MODE = "web" })
    error_message = "the environment is ${jsonencode(aws_lambda_function.lua.environment)}"
  }

  assert {
    condition = (
      tolist(aws_lambda_function.lua.architectures) == tolist(["arm64"]) &&
      output.layer_arn == "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-arm64:2" &&
      aws_lambda_function.lua.description == "a greeting" &&
      aws_lambda_function.lua.memory_size == 512 &&
      aws_lambda_function.lua.timeout == 7 &&
      aws_lambda_function.lua.tracing_config[0].mode == "Active" &&
      aws_lambda_function.lua.ephemeral_storage[0].size == 1024 &&
      aws_lambda_function.lua.reserved_concurrent_executions == 2 &&
      aws_lambda_function.lua.publish &&
      aws_lambda_function.lua.tags == tomap({ team = "a" }) &&
      tolist(aws_lambda_function.lua.vpc_config[0].subnet_ids) == tolist(["subnet-1"]) &&
      aws_lambda_function.lua.logging_config[0].log_format == "JSON" &&
      aws_lambda_function.lua.s3_key == "a key.zip" &&
      aws_iam_role_policy_attachment.lua[0].policy_arn == "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    )
    error_message = "it is ${jsonencode(aws_lambda_function.lua)}"
  }
}

run "six_layers_are_refused" {
  command = plan

  variables {
    layers = [for name in ["a", "b", "c", "d", "e"] : "arn:aws:lambda:eu-west-1:123456789012:layer:${name}:1"]
  }

  expect_failures = [aws_lambda_function.lua]
}

run "another_version_of_our_layer_is_refused" {
  command = plan

  variables {
    layers = ["arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:4"]
  }

  expect_failures = [aws_lambda_function.lua]
}
