variables {
  region   = "eu-west-1"
  versions = "tests/versions/published.json"
}

run "the_arn_is_that_of_the_region" {
  assert {
    condition     = output.arn == "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3"
    error_message = "it is ${output.arn}"
  }

  assert {
    condition     = output.runtime == "provided.al2023" && output.name == "lua-54-x86_64"
    error_message = "it is ${output.name} on ${output.runtime}"
  }
}

run "the_processor_picks_the_layer" {
  variables {
    architecture = "arm64"
  }

  assert {
    condition     = output.arn == "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-arm64:2"
    error_message = "it is ${output.arn}"
  }
}

run "another_partition_is_kept" {
  variables {
    region = "cn-north-1"
  }

  assert {
    condition     = output.arn == "arn:aws-cn:lambda:cn-north-1:123456789012:layer:lua-54-x86_64:1"
    error_message = "it is ${output.arn}"
  }
}

run "an_arn_is_taken_as_it_is" {
  variables {
    region    = null
    versions  = null
    layer_arn = "arn:aws:lambda:us-east-1:123456789012:layer:our-lua:17"
  }

  assert {
    condition     = output.arn == var.layer_arn
    error_message = "it is ${output.arn}"
  }
}

run "an_unknown_interpreter_is_refused" {
  command = plan

  variables {
    interpreter = "lua-53"
  }

  expect_failures = [var.interpreter]
}

run "an_unknown_processor_is_refused" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}
