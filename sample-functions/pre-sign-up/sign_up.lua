-- A pre-sign-up trigger of a Cognito user pool: colleagues come in without a code, everybody else
-- is refused, and reads why.
--
-- Set SIGN_UP_DOMAIN to the domain of your mail addresses, as in example.com. Confirming them here
-- trusts that nobody signs up with an address of yours that is not theirs: where that matters,
-- leave autoVerifyEmail out, and Cognito sends a code.
local cognito = require("lambda.events").cognito

local M = {}

local DOMAIN = os.getenv("SIGN_UP_DOMAIN") or ""
assert(DOMAIN ~= "", "SIGN_UP_DOMAIN is not set")

M.handler = cognito.handler({
  ---@param request lambda.events.CognitoPreSignUpEvent.Request
  ---@param response lambda.events.CognitoPreSignUpEvent.Response
  ---@param event lambda.events.CognitoPreSignUpEvent
  -- Of PreSignUp_SignUp, PreSignUp_AdminCreateUser and PreSignUp_ExternalProvider.
  PreSignUp = function(request, response, event)
    if event.triggerSource == "PreSignUp_AdminCreateUser" then
      return -- An administrator may add guests.
    end
    -- `nil` and a message refuse: people read "PreSignUp failed with error …".
    local email = request.userAttributes and request.userAttributes.email
    if type(email) ~= "string" then
      return nil, "An e-mail address is needed."
    end
    -- The whole domain, behind the last @: not one that ends like it, or only holds it.
    if (email:lower():match("@([^@]*)$")) ~= DOMAIN:lower() then
      return nil, ("Only addresses of %s can sign up."):format(DOMAIN)
    end
    response.autoConfirmUser = true
    response.autoVerifyEmail = true
  end,
})

return M
