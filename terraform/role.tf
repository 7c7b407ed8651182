# The function's own role, unless it is given one.

locals {
  role_arn = var.create_role ? aws_iam_role.lua[0].arn : var.role_arn
  policy   = var.vpc_config == null ? "AWSLambdaBasicExecutionRole" : "AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_role" "lua" {
  count = var.create_role ? 1 : 0

  name_prefix = "${substr(var.function_name, 0, 37)}-"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "lua" {
  count = var.create_role ? 1 : 0

  role       = aws_iam_role.lua[0].name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/service-role/${local.policy}"
}
