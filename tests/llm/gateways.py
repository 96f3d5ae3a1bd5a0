"""Errors of gateways and providers as they were published or reported: status, body, and what they mean.

The sources are one-api's and new-api's own code (`middleware`, `model/token.go`, `types/error.go`,
`i18n/locales`), LiteLLM's (`exception_mapping_utils.py` and its tests), the providers' pages on errors (see
`llm.wordings`), and reports to the authors of clients. A status of None is an event in a 200.
"""

import json
from typing import Any

from bot.core.completion import ErrorKind


def error(message: str, kind: str | None = None, code: object = None, **more: Any) -> dict[str, Any]:
    """Return an error in OpenAI's envelope."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code} | more}


def google(status: int, message: str, name: str, *reasons: str) -> list[dict[str, Any]]:
    """Return an error as Gemini's endpoint for OpenAI's clients wraps it: in a list."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": each} for each in reasons]
    return [{"error": {"code": status, "message": message, "status": name, "details": details}}]


CREDIT: list[tuple[int | None, Any]] = [
    # one-api
    (403, error("user quota is not enough", "one_api_error", "insufficient_user_quota")),
    (403, error("token quota is not enough", "one_api_error", "pre_consume_token_quota_failed")),
    (401, error("该令牌额度已用尽", "one_api_error")),
    (401, error("该 token 额度已用尽", "one_api_error")),
    (500, error("用户额度不足", "one_api_error", "decrease_user_quota_failed")),
    # new-api
    (403, error("用户额度不足, 剩余额度: ＄-0.000002 (request id: 202608190933)", "new_api_error", "insufficient_user_quota")),
    (403, error("预扣费额度失败, 用户剩余额度: ¥0.056700, 需要预扣费额度: ¥0.069900", "new_api_error", "insufficient_user_quota")),
    (401, error("This token quota is exhausted TokenStatusExhausted[sk-abc***xyz]", "new_api_error")),
    (401, error("该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]", "new_api_error")),
    (429, error("当前分组上游负载已饱和，请稍后再试", "insufficient_quota", "insufficient_user_quota")),
    (403, error("User's credit limit is insufficient, remaining credit limit: $0.000000", "", "insufficient_user_quota")),
    # OpenRouter
    (403, error("Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys", code=403)),
    (403, error("Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys", code=403)),
    (402, error("This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 1234.", code=402)),
    (402, error("Prompt tokens limit exceeded: 41094 > 29378. To increase, visit the settings and upgrade to a paid account", code=402)),
    (402, error("Insufficient credits. Add more using https://openrouter.ai/settings/credits", code=402)),
    (403, error("Forbidden", code=403, metadata={"limit_source": "openrouter_key_limit"})),
    (None, error("Insufficient credits", code=402)),
    # LiteLLM
    (400, error("Budget has been exceeded! Current cost: 26.075, Max budget: 0.25", "budget_exceeded", "400")),
    (429, error("Budget has been exceeded! Current cost: 10.51, Max budget: 10.00", "budget_exceeded", "429")),
    (429, error("No deployments available - crossed budget: Exceeded budget for deployment model_name: xxx", None, "429")),
    (400, error("ExceededBudget: End User=ishaan3 over budget. Spend=0.00088, Budget=0.0001", "auth_error", "400")),
    # SiliconFlow
    (403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}),
    (403, {"code": 30011, "message": "The selected model requires paid balance. Your paid balance is insufficient.", "data": None}),
    # Zhipu and Z.ai
    (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试"}}),
    (429, {"error": {"code": "1113", "message": "Insufficient balance or no resource package. Please recharge."}}),
    (429, {"error": {"code": "1308", "message": "已达到 5 小时的使用上限。您的限额将在 2026-11-30 04:00:00 重置。"}}),
    (429, {"error": {"code": "1310", "message": "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-12-01"}}),
    (429, {"error": {"code": "1309", "message": "您的 GLM Coding Plan 套餐已到期，暂无法使用"}}),
    (429, {"error": {"code": "1304", "message": "该 API 已达今日调用次数限额"}}),
    (429, {"error": {"code": "1113"}}),
    # Moonshot and Kimi
    (429, error("Your account is suspended due to insufficient balance, please recharge your account", "exceeded_current_quota_error")),
    (429, error("You exceeded your current token quota: 500, please check your account balance", "exceeded_current_quota_error")),
    (403, error("You've reached your usage limit for this billing cycle", "access_terminated_error")),
    # OpenAI, Azure, Anthropic, Gemini
    (429, error("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota")),
    (429, error("Your account is not active, please check your billing details on our website.", "billing_not_active", "billing_not_active")),
    (400, error("Billing hard limit has been reached", "invalid_request_error", "billing_hard_limit_reached")),
    (403, {"error": {"code": "403", "message": "Out of call volume quota. Quota will be replenished in 2.03:47:20."}}),
    (400, error("Your credit balance is too low to access the Anthropic API.", "invalid_request_error")),
    (400, error("You have reached your specified API usage limits. You will regain access on 2026-12-01.", "invalid_request_error")),
    (429, google(429, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED")),
    # MiniMax, 302.AI before it, and others
    (500, {"type": "error", "error": {"type": "api_error", "message": "insufficient balance (1008)"}}),
    (None, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
    (403, {"error": {"err_code": -10004, "message": "Insufficient account balance", "message_cn": "账户余额不足", "type": "api_error"}}),
    (402, error("Insufficient Balance", "unknown_error", "invalid_request_error")),
    (400, error("Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage")),
    (403, error("The free tier of the model has been exhausted.", "AllocationQuota.FreeTierOnly", "AllocationQuota.FreeTierOnly")),
    (403, error("The request failed because your account has an overdue balance. Request ID: 1", "Forbidden", "AccountOverdueError")),
    (429, error("Your account has reached the set inference limit, and the model service has been paused.", "TooManyRequests", "SetLimitExceeded")),
    (403, {"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance", "metadata": {}}),
    (403, {"code": "permission", "error": "Your team has either used all available credits or reached its monthly spending limit."}),
    (412, error("Account user-1 is suspended, possibly due to reaching the monthly spending limit", "error")),
    (402, error("API key USD spend limit exceeded.")),
    (429, error("Your account [1] has exhausted its free trial quota for the [m] model.", "TooManyRequests", "QuotaExceeded")),
    (429, error("You have exceeded the 5-hour usage quota. It will reset at 2026-11-30.", "TooManyRequests", "QuotaExceeded")),
    (429, error("You have exceeded the weekly usage quota. It will reset at 2026-11-30.", "TooManyRequests", "QuotaExceeded")),
    (403, error("Operation is denied because your account balance is overdue, please go to the Volc Trading Center", "Forbidden", "OperationDenied.ServiceOverdue")),
    (400, error("Your account (1) does not have a valid coding plan subscription, or your subscription has expired.", "Forbidden", "InvalidSubscription")),
    (429, {"code": "Throttling.AllocationQuota", "message": "Free allocated quota exceeded."}),
    (400, {"code": "Throttling.AllocationQuota", "message": "Free allocated quota exceeded."}),
    (429, {"code": "CommodityNotPurchased", "message": "Commodity has not purchased yet."}),
    (429, {"code": "PostpaidBillOverdue", "message": "The postpaid bill is overdue."}),
    (403, error("Your account 1<ak> is not active, current state: x, you may consider to check your account balance", "exceeded_current_quota_error")),
    (429, error("Your account 1<ak> is suspended, please check your plan and billing details", "exceeded_current_quota_error")),
    (402, error("We're unable to verify your membership benefits at this time", None)),
    (429, error("You've reached your usage limit for this period.", "rate_limit_error")),
    (403, {"code": "The caller does not have permission to execute the specified operation", "error": "Your newly created team doesn't have any credits yet. You can purchase credits on https://console.x.ai/team/1."}),
    (412, error("Account a is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.", "api_error")),
    (429, error("You have no credit left.", None, "credit_balance_exhausted")),
    (429, error("This organization has reached its limit.", None, "organization_usage_limit_exceeded")),
    (429, error("This project has reached its limit.", None, "project_spend_limit_exceeded")),
    (429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}),
    (403, {"errors": [{"code": "token_quota_reached", "message": "Request of 1 token(s) from quota was rejected"}], "trace": "1", "status_code": 403}),
    (402, error("balance", "x")),
    (403, "账户余额不足"),
    (403, "insufficient_user_quota"),
    (None, "您的余额不足，请充值"),
]  # fmt: skip

KEY: list[tuple[int | None, Any]] = [
    (401, error("无效的令牌 (request id: 2026)", "new_api_error")),
    (401, error("Invalid token (request id: 2026)", "new_api_error")),
    (401, error("该令牌已过期", "one_api_error")),
    (401, error("该令牌状态不可用", "one_api_error")),
    (401, error("未提供令牌", "one_api_error")),
    (None, error("无效的 token", "one_api_error")),
    (403, error("该用户已被禁用", "new_api_error")),
    (400, google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", "API_KEY_INVALID")),
    (400, google(400, "API Key not found. Please pass a valid API key.", "INVALID_ARGUMENT", "API_KEY_INVALID")),
    (400, error('{\n  "error": {\n    "code": 400,\n    "message": "API key not valid. Please pass a valid API key.",\n    "status": "INVALID_ARGUMENT"\n  }\n}\n', code=400, status="Bad Request")),
    (401, error("Authentication Error, Invalid proxy server token passed. Received API Key = sk-...1234", "token_not_found_in_db", "401")),
    (401, {"error": {"code": "1000", "message": "身份验证失败"}}),
    (401, {"error": {"code": "1001", "message": "Header 中未收到 Authentication 参数，无法进行身份验证"}}),
    (401, {"error": {"code": "1002", "message": "Authentication Token 非法，请确认 Authentication Token 正确传递"}}),
    (None, {"error": {"code": "1002", "message": "Authentication Token 非法，请确认 Authentication Token 正确传递"}}),
    (429, {"error": {"code": "1112", "message": "您的账户已被锁定，请联系客服解锁"}}),
    (429, {"error": {"code": "1121", "message": "账户存违规行为，账号已被锁定"}}),
    (401, error("Invalid Authentication", "invalid_authentication_error")),
    (401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key or wrong API endpoint."}}),
    (401, {"statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, audience is incorrect, or have expired."}),
    (401, "Invalid token"),
    (401, "Api key is invalid"),
    (401, error("No auth credentials found", code=401)),
    (403, google(403, "Your API key was reported as leaked.", "PERMISSION_DENIED")),
    (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}),
    (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai."}),
    (401, error("Incorrect API key provided", "incorrect_api_key_error")),
    (401, {"error": {"message": "Incorrect API key provided", "type": "invalid_api_key"}}),
    (None, {"code": "InvalidApiKey", "message": "Invalid API-key provided."}),
    (401, error("There is an issue with your account status.", "Forbidden", "InvalidAccountStatus")),
    (403, error("The API you are accessing is not open", "permission_denied_error")),
    (403, error("Your IP is not allowed to access this organization", "permission_denied_error")),
    (403, error("Kimi For Coding is currently only available for Coding Agents", "access_terminated_error")),
    (400, {"error": {"code": "1220", "message": "您无权访问 chat"}}),
    (429, {"error": {"code": "1112", "message": "Your account has been locked, please contact customer service to unlock"}}),
    (None, {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}),
]  # fmt: skip

LIMIT: list[tuple[int | None, Any]] = [
    (429, error("您已达到请求数限制：1分钟内最多请求10次", "new_api_error")),
    (429, error("You have reached the request limit: maximum 10 requests in 1 minutes", "new_api_error")),
    (429, error("Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000. Please try again in 8s.", "tokens", "rate_limit_exceeded")),
    (None, error("Rate limit reached: tokens per minute (TPM)", "rate_limit_error")),
    (429, google(429, "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 20\nPlease retry in 34.5s.", "RESOURCE_EXHAUSTED")),
    (429, google(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED")),
    (429, error("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", code=429)),
    (429, {"error": {"code": "1302", "message": "您的账户已达到速率限制，请您控制请求频率"}}),
    (429, {"error": {"code": "1302", "message": "您当前使用该API的并发数过高，请降低并发"}}),
    (429, error("Your account org-1 request reached max organization concurrency: 1, please try again after 1 seconds", "rate_limit_reached_error")),
    (429, error("request reached organization TPD rate limit, current: 1506556, limit: 1500000", "rate_limit_reached_error")),
    (429, {"error": {"code": "429", "message": "Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds. Please go here: https://aka.ms/oai/quotaincrease"}}),
    (429, {"message": "Request was rejected due to rate limiting. Details:TPM limit reached.", "code": 50602}),
    (429, {"code": "Throttling.AllocationQuota", "message": "Allocated quota exceeded, please increase your quota limit."}),
    (429, error("Allocated quota exceeded, please increase your quota limit.", "insufficient_quota", "insufficient_quota")),
    (429, error("litellm.RateLimitError: AnthropicException - too many requests", "throttling_error", "429")),
    (500, error("upstream said no", "upstream_error", 429)),
    (400, "ThrottlingException: Too many tokens, please wait before trying again."),
    (None, "Too Many Requests"),
    (400, {"error": {"code": "1231", "message": "您已有请求：1"}}),
    (429, {"error": {"code": "1303", "message": "您当前使用该 API 的频率过高，请降低频率，或联系客服增加限额"}}),
    (429, {"error": {"code": "1305", "message": "该 API 已触发流量限制"}}),
    (429, {"error": {"code": "1313", "message": "您的账户当前使用模式不符合公平使用策略，请求频率已受到限制。"}}),
    (429, error("Your account org-1 request reached max request: 3, please try again after 1 seconds", "rate_limit_reached_error")),
    (429, error("The Requests Per Minute (RPM) limit of the associated endpoint for your account has been exceeded.", "TooManyRequests", "RateLimitExceeded.EndpointRPMExceeded")),
    (429, error("System protection triggered by request burst. Please slow down traffic growth", "TooManyRequests", "RequestBurstTooFast")),
    (429, error("The Inflight Batchsize limit has been exceeded.", "TooManyRequests", "InflightBatchsizeExceeded")),
    (429, error("You exceeded your current requests list.", "limit_requests", "limit_requests")),
    (429, error("Request rate increased too quickly.", "limit_burst_rate", "limit_burst_rate")),
    (429, {"message": "You are using a Trial key, which is limited to 40 API calls / minute."}),
    (None, {"object": "error", "message": "Service tier capacity exceeded for this model.", "type": "service_tier_capacity_exceeded", "code": "3505"}),
]  # fmt: skip

MODEL: list[tuple[int | None, Any]] = [
    (503, error("当前分组 default 下对于模型 M2-her 无可用渠道", "one_api_error")),
    (503, error("分组 default 下模型 M2-her 无可用渠道（distributor）", "new_api_error", "model_not_found")),
    (503, error("No available channel for model M2-her under group default (distributor)", "new_api_error", "model_not_found")),
    (403, error("该令牌无权访问模型 M2-her", "new_api_error")),
    (403, error("This token has no access to model M2-her", "new_api_error")),
    (404, error("The model `M2-her` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found")),
    (404, error("Not found the model M2-her or Permission denied", "resource_not_found_error")),
    (400, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}),
    (400, {"code": 20012}),
    (400, {"error": {"code": "1211", "message": "模型不存在，请检查模型代码。"}}),
    (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}),
    (404, error("The model or endpoint M2-her does not exist or you do not have access to it.", "NotFound", "InvalidEndpointOrModel.NotFound")),
    (400, error("minimax/m2 is not a valid model ID", code=400)),
    (404, error("No endpoints found for minimax/m2.", code=404)),
    (401, error("key not allowed to access model. This key can only access models=['a']. Tried to access M2-her", "key_model_access_denied", "401")),
    (404, google(404, "models/m2 is not found for API version v1main, or is not supported", "NOT_FOUND")),
    (400, error("/chat/completions: Invalid model name passed in model=m2. Call `/v1/models` to view available models", None, "400")),
    (400, {"base_resp": {"status_code": 2013, "status_msg": "invalid params, unknown model 'm2-her'"}}),
    (400, {"error": {"code": "1221", "message": "API chat 已下线"}}),
    (429, {"error": {"code": "1311", "message": "当前订阅套餐暂未开放GLM-5权限"}}),
    (404, error("Your account 1 has not activated the model m. Please activate the model service in the Ark Console.", "NotFound", "ModelNotOpen")),
    (403, error("Operation is denied because the model service is unavailable, please go to the Volcano Ark console", "Forbidden", "OperationDenied.ServiceNotOpen")),
    (404, error("Accessing the model via Model ID is not allowed for your account. Please use a custom endpoint ID instead.", "NotFound", "InvalidEndpointOrModel.ModelIDAccessDisabled")),
    (404, error("The m model does not support the coding plan feature.", "NotFound", "UnsupportedModel")),
    (403, {"code": "AccessDenied.Unpurchased", "message": "Access to model denied. Make sure you are eligible for using the model."}),
    (404, error("Unsupported model m for OpenAI compatibility mode.", "invalid_request_error", "model_not_supported")),
    (404, error("No endpoints available matching your guardrail restrictions and data policy.", code=404)),
    (404, error("All providers have been ignored. To change your default ignored providers, visit: https://openrouter.ai/settings/privacy", code=404)),
    (403, {"code": 403, "reason": "model_access_denied", "message": "This key may not do that.", "metadata": {}}),
    (404, {"errors": [{"code": "model_not_supported", "message": "Model 'm' is not supported for this environment."}], "trace": "1", "status_code": 404}),
]  # fmt: skip

MODERATED: list[tuple[int | None, Any]] = [
    (
        400,
        error(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            None,
            "content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation"},
        ),
    ),
    (400, error("The request was rejected because it was considered high risk", "content_filter")),
    (
        400,
        {
            "contentFilter": [{"level": 1, "role": "user"}],
            "error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"},
        },
    ),
    (400, error("sensitive words detected", "new_api_error", "sensitive_words_detected")),
    (
        400,
        error(
            "Input data may contain inappropriate content.",
            "data_inspection_failed",
            "data_inspection_failed",
        ),
    ),
    (
        400,
        error(
            "The request failed because the input text may contain sensitive information.",
            "BadRequest",
            "InputTextSensitiveContentDetected",
        ),
    ),
    (400, error("Content Exists Risk", "invalid_request_error", "invalid_request_error")),
    (
        400,
        error(
            "Your request was rejected as a result of our safety system.",
            "invalid_request_error",
            "content_policy_violation",
        ),
    ),
    (
        403,
        error(
            'm2 requires moderation on OpenAI. Your input was flagged for "sexual".',
            code=403,
            metadata={"flagged_input": "what"},
        ),
    ),
    (
        403,
        {
            "code": "forbidden",
            "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        },
    ),
    (451, error("censored", "censorship_blocked")),
    (400, {"error": {"code": "1300", "message": "API 调用被策略阻止"}}),
    (
        400,
        error(
            "The request could not be processed because the input text includes sensitive content that violates ContentSecurityDetection.",
            "BadRequest",
            "InputTextRiskDetection",
        ),
    ),
    (
        400,
        error(
            "The request failed because the input text may contain severe violation information.",
            "BadRequest",
            "SensitiveContentDetected.SevereViolation",
        ),
    ),
    (
        400,
        {
            "code": "DataInspectionFailed",
            "message": "Input or output data may contain inappropriate content.",
        },
    ),
    (
        400,
        {
            "code": "CustomRoleBlocked",
            "message": "Input or output data may contain inappropriate content with custom rule.",
        },
    ),
    (400, {"code": "FaqRuleBlocked", "message": "Input or output data is blocked by faq rule."}),
    (
        400,
        {
            "code": "IPInfringementSuspect",
            "message": "Input data is suspected of being involved in IP infringement.",
        },
    ),
    (400, error("Provider returned error", code=400, metadata={"error_type": "content_policy_violation"})),
]

WITHHELD: list[tuple[int | None, Any]] = [
    (400, error("The request could not be processed because the output text includes sensitive content that violates ContentSecurityDetection.", "BadRequest", "OutputTextRiskDetection")),
    (400, error("The request failed because the output text may contain sensitive information.", "BadRequest", "OutputTextSensitiveContentDetected")),
    (400, {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}),
    (None, error("Provider returned error", code=400, metadata={"error_type": "refusal"})),
]  # fmt: skip

TOO_LONG: list[tuple[int | None, Any]] = [
    # OpenAI, Azure, LiteLLM, OpenRouter
    (400, error("Your input exceeds the context window of this model. Please adjust your input and try again.", "invalid_request_error", "context_length_exceeded")),
    (400, error("Your input exceeds the context window of this model. Please adjust your input and try again.")),
    (None, error("Your input exceeds the context window of this model. Please adjust your input and try again.", code="context_length_exceeded")),
    (400, error("This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens. Please reduce the length of the messages.")),
    (400, error("Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens.")),
    (400, error("Invalid 'messages[2].content': string too long. Expected a string with maximum length 1048576", "invalid_request_error", "string_above_max_length")),
    (400, error("litellm.ContextWindowExceededError: litellm.BadRequestError: too much", None, "400")),
    (400, error("This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens (39000 of text input, 1000 in the output).", code=400)),
    (400, error("Input length 70000 exceeds the maximum allowed input length of 65536 tokens.", code=400)),
    # Anthropic, Bedrock
    (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 213462 tokens > 200000 maximum"}}),
    (413, {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}),
    (429, error("Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 50000.", "tokens", "rate_limit_exceeded")),
    (429, error("Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.", "tokens", "rate_limit_exceeded")),
    (400, error("This endpoint's maximum input is 8000 tokens")),
    (400, error("input length and `max_tokens` exceed context limit: 200000 + 8000 > 200000, decrease input length or `max_tokens`")),
    (400, {"message": "Input is too long for requested model."}),
    # Moonshot
    (400, error("Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)", "invalid_request_error")),
    (400, error("Input token length too long", "invalid_request_error")),
    (400, error("Your request exceeded model token limit : 8192", "invalid_request_error")),
    # Zhipu, SiliconFlow, Alibaba, Baidu, Volcengine
    (400, {"error": {"code": "1261", "message": "Prompt 超长"}}),
    (None, {"error": {"code": "1261", "message": "Prompt 超长"}}),
    (400, {"error": {"code": 1261}}),
    (400, {"error": {"code": "1261", "message": "Prompt exceeds max length"}}),
    (400, {"code": 20015, "message": "length of prompt_tokens (68957) must be less than max_seq_len (65536).", "data": None}),
    (400, error("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]", "invalid_request_error", "invalid_parameter_error")),
    (400, error("Prompt tokens too long", "invalid_request_error", "tokens_too_long")),
    (400, error("the max input characters is 516096", "invalid_request_error", "characters_too_long")),
    (400, error("Total tokens of image and text exceed max message tokens. Input length 70000 exceeds", "BadRequest", "InvalidParameter")),
    # Gemini, xAI, Groq, Cerebras, Mistral, Together, GitHub, TGI
    (400, google(400, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).", "INVALID_ARGUMENT")),
    (400, google(400, "The input token count exceeds the maximum number of tokens allowed 1048576.", "INVALID_ARGUMENT")),
    (400, {"code": "Client specified an invalid argument", "error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens."}),
    (400, error("Please reduce the length of the messages or completion.", "invalid_request_error", "context_length_exceeded")),
    (413, error("Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size", "tokens", "rate_limit_exceeded")),
    (400, {"message": "Please reduce the length of the messages or completion. Current length is 50000 while limit is 40000", "code": "x"}),
    (400, {"object": "error", "message": "Prompt contains 70000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", "type": "invalid_request_error", "code": "3051"}),
    (422, error("The input (70000 tokens) is longer than the model's context length (32768 tokens).", "invalid_request_error")),
    (400, error("prompt token count of 70000 exceeds the limit of 64000", code="model_max_prompt_tokens_exceeded")),
    (422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 512 `max_new_tokens`", "error_type": "validation"}),
    # llama.cpp, LM Studio, Ollama, vLLM, SGLang
    (400, error("the request exceeds the available context size, try increasing it", "exceed_context_size_error", 400)),
    (400, {"error": "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens"}),
    (400, {"error": "prompt too long; exceeded max context length by 12 tokens"}),
    (400, {"object": "error", "message": "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is 4096 tokens and your request has 3900 input tokens (512 > 4096 - 3900).", "type": "BadRequestError", "code": 400}),
    (400, {"object": "error", "message": "max_tokens must be at least 1, got -5033.", "type": "BadRequestError", "code": 400}),
    (500, "Requested tokens (5000) exceed context window of 4096"),
    # OpenRouter's own types, Cohere, Volcengine
    (400, error("Provider returned error", code=400, metadata={"error_type": "context_length_exceeded"})),
    (400, error("Provider returned error", code=400, metadata={"error_type": "token_limit_exceeded"})),
    (400, error("Provider returned error", code=400, metadata={"error_type": "payload_too_large"})),
    (400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292. Try using a shorter prompt"}),
    (400, {"message": "too many tokens: size limit exceeded by 11326 tokens."}),
    (400, error("Total tokens of image and text exceed max message tokens.", "BadRequest", "OutofContextError")),
    # gateways' wrappings
    (500, error("status_code=400, Your request exceeded model token limit: 32768", "upstream_error", "bad_response_status_code")),
    (400, error("请求内容过长，超过模型最大上下文长度", "upstream_error")),
    (400, error("输入超出最大长度限制", "upstream_error")),
    (400, error("Provider returned error", code=400, metadata={"raw": '{"error":{"message":"\\u8f93\\u5165\\u8fc7\\u957f","code":"x"}}'})),
    (None, {"base_resp": {"status_code": 2013, "status_msg": "invalid params, context window exceeds limit"}}),
    (None, {"code": 20015, "message": "length of prompt_tokens (68957) must be less than max_seq_len (65536).", "data": None}),
]  # fmt: skip

NOT_UNDERSTOOD: list[tuple[int | None, Any]] = [
    (400, error("max_tokens is too large: 100000. This model supports at most 16384 completion tokens", "invalid_request_error", "invalid_value")),
    (400, error("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", "invalid_request_error")),
    (400, error("`max_completion_tokens` must be less than or equal to `8192`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model", "invalid_request_error")),
    (400, error("Range of max_tokens should be [1, 8192]", "invalid_request_error")),
    (400, {"message": "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192."}),
    (400, error("Provider returned error", code=400, metadata={"error_type": "max_tokens_exceeded"})),
    (400, google(400, "Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 to 65537", "INVALID_ARGUMENT")),
    (400, error("Invalid 'messages[1].name': string too long. Expected a string with maximum length 64, but got a string with length 123 instead.", "invalid_request_error", "string_above_max_length")),
    (400, error("Invalid 'user': string too long.", "invalid_request_error", "string_above_max_length")),
    (400, error("temperature must be between 0 and 1", "invalid_request_error")),
    (400, {"error": {"code": "1214", "message": "messages 参数非法。请检查文档"}}),
    (404, "404 page not found"),
    (400, "Bad Request"),
]  # fmt: skip

UNWELL: list[tuple[int | None, Any]] = [
    (429, error("The engine is currently overloaded, please try again later", "engine_overloaded_error")),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    (503, google(503, "The model is overloaded. Please try again later.", "UNAVAILABLE")),
    (500, error("当前分组上游负载已饱和，请稍后再试 (request id: 2026)", "new_api_error", "get_channel_failed")),
    (429, {"error": {"code": "1305", "message": "该模型当前访问量过大，请您稍后再试"}}),
    (503, {"code": 50505, "message": "Model service overloaded. Please try again later.", "data": None}),
    (503, {"code": 50603, "message": "System is too busy now. Please try again later.", "data": None}),
    (500, {"error": {"code": "1234", "message": "网络错误，错误id：1，请联系客服"}}),
    (400, {"error": {"code": "1120"}}),
    (400, {"error": {"code": "1230", "message": "API 调用流程出错"}}),
    (429, {"error": {"code": "1312", "message": "该模型当前访问量过大，请您稍后再试，或切换其他模型"}}),
    (429, error("The service is currently unable to handle additional requests due to server overload.", "TooManyRequests", "ServerOverloaded")),
    (503, {"code": "ModelUnavailable", "message": "Model is unavailable, try again later."}),
    (500, error("unexpected", "unexpected_output")),
    (None, error("Provider returned error", code=529, metadata={"error_type": "provider_overloaded"})),
    (503, error("The server is overloaded.", "service_unavailable_error", "server_is_overloaded")),
    (None, error("upstream error: do request failed", "upstream_error", "do_request_failed")),
    (502, "Bad Gateway"),
    (None, {"success": False, "message": "something broke"}),
]  # fmt: skip

TABLE: dict[ErrorKind, list[tuple[int | None, Any]]] = {
    ErrorKind.BALANCE: CREDIT,
    ErrorKind.BAD_KEY: KEY,
    ErrorKind.RATE_LIMIT: LIMIT,
    ErrorKind.UNKNOWN_MODEL: MODEL,
    ErrorKind.INPUT_REFUSED: MODERATED,
    ErrorKind.OUTPUT_REFUSED: WITHHELD,
    ErrorKind.OVERFLOW: TOO_LONG,
    ErrorKind.BAD_REQUEST: NOT_UNDERSTOOD,
    ErrorKind.OVERLOADED: UNWELL,
}


def rows() -> list[tuple[ErrorKind, int | None, bytes]]:
    """Return the table's rows, with their bodies as they are on the wire."""
    return [
        (kind, status, (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode())
        for kind, errors in TABLE.items()
        for status, body in errors
    ]
