output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.lua.arn
}

output "qualified_arn" {
  description = "The function's ARN with its version, which is $LATEST without publish."
  value       = aws_lambda_function.lua.qualified_arn
}

output "invoke_arn" {
  description = "The ARN that API Gateway calls the function by."
  value       = aws_lambda_function.lua.invoke_arn
}

output "function_name" {
  description = "The function's name."
  value       = aws_lambda_function.lua.function_name
}

output "role_arn" {
  description = "The ARN of the function's role."
  value       = local.role_arn
}

output "role_name" {
  description = "The name of the role, to attach policies to; null where role_arn was given."
  value       = one(aws_iam_role.lua[*].name)
}

output "layer_arn" {
  description = "The ARN of the layer that holds the runtime, for other functions."
  value       = module.layer.arn
}
