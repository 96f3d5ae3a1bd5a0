"""The published and seen errors of endpoints: codes, words and statuses, and what they mean.

Law: data only. In the table of words the first row that is found counts, so the special ones stand above the
general ones; `llm.faults` says what counts before what.
"""

from bot.core.completion import ErrorKind

INVALID_PARAMS = 2013
"""MiniMax's code for refused requests of all kinds, including context overflow."""

KINDS_BY_CODE = {
    1000: ErrorKind.OVERLOADED,  # unknown error
    1001: ErrorKind.TIMED_OUT,  # request timeout
    1002: ErrorKind.RATE_LIMIT,  # requests per minute
    1004: ErrorKind.BAD_KEY,  # not authorized: key missing, wrong, or of the other region
    1008: ErrorKind.BALANCE,  # insufficient balance
    1013: ErrorKind.OVERLOADED,  # service internal error
    1024: ErrorKind.OVERLOADED,  # internal error
    1026: ErrorKind.INPUT_REFUSED,
    1027: ErrorKind.OUTPUT_REFUSED,
    1033: ErrorKind.OVERLOADED,  # a service behind the API failed
    1039: ErrorKind.RATE_LIMIT,  # tokens per minute
    1041: ErrorKind.RATE_LIMIT,  # too many connections
    1042: ErrorKind.BAD_REQUEST,  # over 10 % invisible characters
    INVALID_PARAMS: ErrorKind.BAD_REQUEST,
    2044: ErrorKind.BAD_KEY,  # the key has no permission for this endpoint
    2045: ErrorKind.RATE_LIMIT,  # traffic rose too fast
    2049: ErrorKind.BAD_KEY,  # invalid key, or of the other region
    2056: ErrorKind.BALANCE,  # the plan's five-hour allowance is used up: hours, not seconds
}
"""The kinds for MiniMax's codes, from its error page and from older texts where those are clearer."""

KINDS_BY_NUMBER = {
    # Zhipu (docs.bigmodel.cn/cn/api/api-code, docs.z.ai/api-reference/api-code); 1000 to 1004, all of status
    # 401, are MiniMax's codes too
    1003: ErrorKind.BAD_KEY,
    1005: ErrorKind.BAD_KEY,
    1110: ErrorKind.BAD_KEY,
    1111: ErrorKind.BAD_KEY,
    1112: ErrorKind.BAD_KEY,
    1113: ErrorKind.BALANCE,  # in arrears, with status 429
    1120: ErrorKind.OVERLOADED,  # the account can't be read at the moment
    1121: ErrorKind.BAD_KEY,
    1211: ErrorKind.UNKNOWN_MODEL,
    1220: ErrorKind.BAD_KEY,
    1221: ErrorKind.UNKNOWN_MODEL,  # taken offline
    1222: ErrorKind.UNKNOWN_MODEL,
    1230: ErrorKind.OVERLOADED,
    1231: ErrorKind.RATE_LIMIT,  # another request is running
    1234: ErrorKind.OVERLOADED,
    1261: ErrorKind.OVERFLOW,
    1300: ErrorKind.INPUT_REFUSED,
    1301: ErrorKind.INPUT_REFUSED,
    1302: ErrorKind.RATE_LIMIT,
    1303: ErrorKind.RATE_LIMIT,
    1304: ErrorKind.BALANCE,  # the day's allowance is used up
    1305: ErrorKind.OVERLOADED,
    1308: ErrorKind.BALANCE,
    1309: ErrorKind.BALANCE,
    1310: ErrorKind.BALANCE,
    1311: ErrorKind.UNKNOWN_MODEL,  # not in the plan
    1312: ErrorKind.OVERLOADED,
    1313: ErrorKind.RATE_LIMIT,
    # SiliconFlow (docs.siliconflow.cn/cn/faqs/error-code, and reports)
    20012: ErrorKind.UNKNOWN_MODEL,
    30001: ErrorKind.BALANCE,
    30003: ErrorKind.UNKNOWN_MODEL,
    30011: ErrorKind.BALANCE,
    50505: ErrorKind.OVERLOADED,
    50603: ErrorKind.OVERLOADED,
}
"""The kinds for other providers' numbers, where no words tell more."""

KINDS_BY_STATUS = {
    401: ErrorKind.BAD_KEY,
    402: ErrorKind.BALANCE,
    403: ErrorKind.BAD_KEY,
    408: ErrorKind.TIMED_OUT,
    413: ErrorKind.OVERFLOW,
    429: ErrorKind.RATE_LIMIT,
    451: ErrorKind.INPUT_REFUSED,  # StepFun
    504: ErrorKind.TIMED_OUT,
}
"""The kinds for HTTP statuses that are more specific than their class."""

SURE = frozenset({402, 413})
"""Statuses that say more than words: Groq's 413 speaks of tokens per minute, OpenRouter's 402 of a limit."""

WORDS: tuple[tuple[ErrorKind, str, str], ...] = (
    # --- limits of time in the words of an empty account, and one the other way round
    (ErrorKind.BALANCE, "Alibaba (400, 429)", r"free allocated quota"),
    (ErrorKind.RATE_LIMIT, "Gemini's free tier, Vertex", r"quota exceeded for"),
    (ErrorKind.RATE_LIMIT, "Alibaba", r"allocated quota exceeded|throttling\.|limit_burst_rate"),
    (ErrorKind.RATE_LIMIT, "OpenRouter's free models", r"free-models-per"),
    (ErrorKind.RATE_LIMIT, "Amazon Bedrock", r"too many tokens, please wait"),
    # --- credit
    (
        ErrorKind.BALANCE,
        "one-api, new-api (403, 401), OpenAI (429), MiniMax, OpenRouter, DeepSeek (402), Z.ai",
        r"insufficient[_ ](?:\w{1,20}[_ ]){0,2}(?:quota|balance|credits?|funds?)",
    ),
    (
        ErrorKind.BALANCE,
        "one-api, Anthropic, SiliconFlow (403), Gemini's prepayment",
        (
            r"\b(?:balance|credits?|credit limit|quota|funds) (?:is|are|was|were|has been|have been) "
            r"(?:\w{1,20} )?(?:insufficient|not enough|too low|exhausted|depleted|used up|negative)"
        ),
    ),
    (ErrorKind.BALANCE, "new-api (403, 401)", r"pre_consume_token_quota|token_?(?:status|quota_)exhausted"),
    (ErrorKind.BALANCE, "Novita, PPIO (403)", r"not[_ ]enough[_ ](?:balance|credits?|quota|funds)"),
    (ErrorKind.BALANCE, "OpenRouter (402, 403)", r"key limit exceeded|openrouter_(?:key_limit|credits)"),
    (ErrorKind.BALANCE, "OpenRouter (402, 403)", r"requires more credits|can only afford"),
    (ErrorKind.BALANCE, "OpenAI (429), Moonshot (429)", r"exceeded[_ ](?:your )?current[_ ]quota"),
    (
        ErrorKind.BALANCE,
        "OpenAI (429), Anthropic",
        r"billing[_ ](?:hard[_ ]limit|not[_ ]active|error|details)",
    ),
    (ErrorKind.BALANCE, "LiteLLM (400, 429)", r"budget[_ ](?:has been )?exceeded|exceeded ?budget"),
    (ErrorKind.BALANCE, "LiteLLM (400, 429)", r"(?:over|crossed) budget"),
    (ErrorKind.BALANCE, "Alibaba (400, 403)", r"arrear|good standing|freetieronly"),
    (ErrorKind.BALANCE, "Alibaba (400, 403)", r"notpurchased"),
    (ErrorKind.BALANCE, "Volcengine (403, 429)", r"overdue|setlimitexceeded"),
    (ErrorKind.BALANCE, "Volcengine (429)", r"exhausted its free (?:\w{1,20} )?quota"),
    (ErrorKind.BALANCE, "Azure (403)", r"out of (?:\w{1,20} ){0,3}(?:credits?|quota|funds|balance)"),
    (ErrorKind.BALANCE, "xAI (403), Venice, Together", r"all available credits|spend(?:ing)?[_ ]limit"),
    (ErrorKind.BALANCE, "xAI (403), Venice, Together", r"payment[_ ]required"),
    (ErrorKind.BALANCE, "xAI (403)", r"\bteams? (?:doesn't|does not) have any credits"),
    (ErrorKind.BALANCE, "OpenAI (429)", r"credit_balance_exhausted|usage_limit_exceeded"),
    (ErrorKind.BALANCE, "Cohere's trial keys (429)", r"limited to \d+ api calls / month"),
    (ErrorKind.BALANCE, "watsonx (403)", r"token_quota_reached"),
    (ErrorKind.BALANCE, "Fireworks (412)", r"account suspended|suspended due to"),
    (ErrorKind.BALANCE, "Kimi (403), MiniMax's plans, Anthropic", r"usage limit|specified api usage"),
    (ErrorKind.BALANCE, "Z.ai, Cloudflare", r"limit exhausted|recharge\b"),
    (ErrorKind.BALANCE, "Z.ai, Cloudflare", r"(?:package|subscription) (?:has )?expired|used up your"),
    (
        ErrorKind.BALANCE,
        "one-api, new-api, resellers",
        r"(?:额度|余额|餘額|額度|配额|点数|积分|资源包|残高)\w{0,6}?(?:不足|用尽|用完|耗尽|为零|超出)",
    ),
    (ErrorKind.BALANCE, "one-api, new-api, resellers", r"预扣费额度失败|(?:没有|无)可用(?:额度|余额)"),
    (
        ErrorKind.BALANCE,
        "several, Volcengine (429)",
        r"quota[_ ]exceeded|exceeded (?:the|your) (?:\w{1,20} |[\w/-]{1,30} usage )?quota",
    ),
    (ErrorKind.BALANCE, "several", r"\bno (?:more )?(?:credits?|balance|quota)\b|budget limit"),
    (
        ErrorKind.BALANCE,
        "Zhipu (429)",
        r"欠费|欠費|充值|套餐.{0,12}到期|使用上限|[今当每]日\w{0,8}(?:限额|上限)",
    ),
    # --- moderation, with a locked account before it, which Zhipu calls a violation too
    (ErrorKind.OUTPUT_REFUSED, "MiniMax through gateways that drop the code", r"output new_sensitive"),
    (
        ErrorKind.OUTPUT_REFUSED,
        "Alibaba, Volcengine",
        r"(?<!input or )output (?:data|text)\w{0,20} may contain",
    ),
    (ErrorKind.OUTPUT_REFUSED, "Alibaba, Volcengine", r"outputtext(?:sensitive|risk)"),
    (ErrorKind.BAD_KEY, "Zhipu, new-api", r"(?:账号|账户|用户)已被(?:锁定|禁用|封禁)"),
    (ErrorKind.BAD_KEY, "OpenAI", r"account[_ ](?:has been |is )?(?:deactivated|locked|disabled)"),
    (ErrorKind.BAD_KEY, "Anthropic (400)", r"this organization has been disabled"),
    (ErrorKind.INPUT_REFUSED, "MiniMax through gateways that drop the code", r"input new_sensitive"),
    (ErrorKind.INPUT_REFUSED, "Azure, Moonshot", r"content[_ ]filter|content management policy"),
    (ErrorKind.INPUT_REFUSED, "Azure, Moonshot", r"responsibleaipolicy"),
    (ErrorKind.INPUT_REFUSED, "Moonshot, DeepSeek", r"considered high risk|content exists risk"),
    (ErrorKind.INPUT_REFUSED, "OpenAI, LiteLLM", r"content_?policy_?violation|safety system|usage polic"),
    (ErrorKind.INPUT_REFUSED, "new-api", r"sensitive_words_detected|prompt_blocked"),
    (ErrorKind.INPUT_REFUSED, "Alibaba", r"data_?inspection|inappropriate content"),
    (ErrorKind.INPUT_REFUSED, "Alibaba", r"blocked by faq rule|ip[_ ]?infringement"),
    (ErrorKind.INPUT_REFUSED, "Volcengine", r"input(?:text)?(?:sensitive|risk)|sensitivecontentdetected"),
    (ErrorKind.INPUT_REFUSED, "OpenRouter, xAI, Gemini", r"input was flagged|usage guidelines"),
    (ErrorKind.INPUT_REFUSED, "OpenRouter, xAI, Gemini", r"prohibited_content"),
    (
        ErrorKind.INPUT_REFUSED,
        "Zhipu and others",
        r"敏感(?:内容|词|信息)|不安全|违规内容|内容违规|内容审核|内容安全|安全策略",
    ),
    # --- a prompt too long for a minute's tokens, in the words of a limit of time
    (
        ErrorKind.OVERFLOW,
        "OpenAI (429), OpenRouter",
        r"request too large|(?:input|output) tokens must be reduced|maximum input is \d+",
    ),
    # --- limits of time
    (ErrorKind.RATE_LIMIT, "OpenAI, Azure, Groq, LiteLLM", r"rate[_ -]?limit|too many requests|ratelimit"),
    (ErrorKind.RATE_LIMIT, "OpenAI, Groq, Moonshot", r"(?:tokens?|requests?) per (?:min|day|hour|sec)"),
    (ErrorKind.RATE_LIMIT, "OpenAI, Groq, Moonshot", r"\b[rt]p[mds]\b"),
    (ErrorKind.RATE_LIMIT, "Alibaba, Bedrock, Moonshot, new-api", r"throttl|concurren"),
    (ErrorKind.RATE_LIMIT, "Mistral", r"service[_ ]tier[_ ]capacity"),
    (
        ErrorKind.RATE_LIMIT,
        "new-api, Zhipu",
        r"请求数限制|速率限制|请求(?:过于)?频繁|频率(?:过高|限制)|限流|流量限制|并发",
    ),
    # --- a limit of the reply alone, which no shorter prompt helps
    (
        ErrorKind.BAD_REQUEST,
        "OpenAI, Groq, DeepSeek, Gemini",
        (
            r"(?<!\+ )(?<!\+ [`'\"])\bmax_(?:completion_|output_)?tokens\b(?:[^.]{0,30}?"
            r"(?:must be less|is too large|should be)|[`'\"]? exceeds|\W{0,3}(?:超出|超过|取值))"
            r"(?!.*context length)"
        ),
    ),
    (ErrorKind.BAD_REQUEST, "OpenAI, Groq, DeepSeek, Gemini", r"invalid max_tokens|maxoutputtokens"),
    (ErrorKind.BAD_REQUEST, "Cohere", r"too many tokens: max tokens must be"),
    # --- a prompt that is too long
    (
        ErrorKind.OVERFLOW,
        "OpenAI, vLLM, OpenRouter, MiniMax, llama.cpp",
        r"context[_ -]?(?:length|window|size|limit)",
    ),
    (ErrorKind.OVERFLOW, "Anthropic, Bedrock, Ollama", r"context[_ -]?overflow|request_too_large"),
    (ErrorKind.OVERFLOW, "Anthropic, Bedrock, Ollama", r"prompt_too_long"),
    (
        ErrorKind.OVERFLOW,
        "Anthropic, Bedrock, Moonshot, Baidu, vLLM",
        r"\b(?:prompt|inputs?|messages?|conversation)\b[^.'\"\[\]{}]{0,40}\btoo (?:long|large)",
    ),
    (ErrorKind.OVERFLOW, "Anthropic, Bedrock, Moonshot, Baidu, vLLM", r"(?:tokens|characters)_too_long"),
    (ErrorKind.OVERFLOW, "OpenAI", r"input tokens exceed|\.content'?: string too long"),
    (
        ErrorKind.OVERFLOW,
        "Moonshot",
        r"exceed(?:s|ed)? (?:the )?(?:model(?:'s)? )?(?:max(?:imum)? )?token limit",
    ),
    (ErrorKind.OVERFLOW, "Gemini", r"input token count\b.{0,30}exceed|maximum number of tokens allowed"),
    (
        ErrorKind.OVERFLOW,
        "xAI, OpenRouter, Baidu",
        r"max(?:imum)?(?: allowed)? (?:prompt|input) (?:length|tokens?|characters)",
    ),
    (ErrorKind.OVERFLOW, "Groq, Cerebras", r"reduce the length of the|current length is \d+ while limit"),
    (ErrorKind.OVERFLOW, "Mistral", r"too large for model with \d+"),
    (ErrorKind.OVERFLOW, "Hugging Face's TGI", r"`?inputs`? tokens \+|`inputs` must have less than"),
    (ErrorKind.OVERFLOW, "Alibaba", r"range of input length|input length\b.{0,30}exceed"),
    (ErrorKind.OVERFLOW, "SiliconFlow, vLLM", r"length of prompt|prompt length|max_(?:seq|model)_len"),
    (ErrorKind.OVERFLOW, "GitHub", r"prompt token count|exceeds the limit of \d+|tokens_limit_reached"),
    (ErrorKind.OVERFLOW, "vLLM, for a prompt that leaves no room", r"max_tokens must be at least 1, got -"),
    (ErrorKind.OVERFLOW, "several", r"too many (?:input )?tokens|input token limit"),
    (
        ErrorKind.OVERFLOW,
        "OpenRouter and others",
        r"token[_ ]limit[_ ]exceeded|payload[_ ]too[_ ]large",
    ),
    (ErrorKind.OVERFLOW, "several", r"input_too_long|at most \d+ (?:input|prompt) tokens"),
    (
        ErrorKind.OVERFLOW,
        "several",
        (
            r"\b(?:prompt|inputs?|messages?|tokens|sequence|query|conversation)\b[^.'\"\[\]{}]{0,60}?"
            r"\b(?:exceeds?|exceeded|longer than) (?:the |its )?(?:model|max|limit|context|allowed)"
        ),
    ),
    (
        ErrorKind.OVERFLOW,
        "Zhipu and others",
        (
            r"(?:prompt|输入|请求|消息|内容|文本|对话|上下文|(?<![a-z_])tokens?)[\w ]{0,12}?"
            r"(?:超长|过长|太长|超限|超出|超过|過長|超長)"
        ),
    ),
    (ErrorKind.OVERFLOW, "Zhipu and others", r"超[出过]\w{0,10}(?:长度|上下文|tokens?)"),
    # --- the model's name
    (
        ErrorKind.UNKNOWN_MODEL,
        "OpenAI (404), new-api (503)",
        r"model[_ ]?not[_ ]?(?:found|exist|open|support)",
    ),
    (ErrorKind.UNKNOWN_MODEL, "Azure, Volcengine", r"deployment[_ ]?not[_ ]?found|invalidendpointormodel"),
    (ErrorKind.UNKNOWN_MODEL, "Volcengine (403, 404)", r"servicenotopen|unsupportedmodel"),
    (ErrorKind.UNKNOWN_MODEL, "Azure", r"api deployment for this resource does not exist"),
    (
        ErrorKind.UNKNOWN_MODEL,
        "OpenAI, Ollama, SiliconFlow, Gemini",
        (
            r"\bmodels?(?: or endpoint)?[:/]? ?(?:['\"`]?[\w./:@-]{1,80}['\"`]?,? )?"
            r"(?:is )?(?:not found|does not exist|doesn't exist|not exist|disabled|not supported)"
        ),
    ),
    (
        ErrorKind.UNKNOWN_MODEL,
        "MiniMax, GitHub, Baidu",
        r"(?:invalid|unknown|unsupported|no such)[_ ]model\b",
    ),
    (ErrorKind.UNKNOWN_MODEL, "Moonshot", r"not found the model"),
    (ErrorKind.UNKNOWN_MODEL, "OpenRouter", r"not a valid model|no allowed providers"),
    (
        ErrorKind.UNKNOWN_MODEL,
        "OpenRouter (404), whose settings leave no provider",
        r"no endpoints (?:found|available)|all providers have been ignored",
    ),
    (ErrorKind.UNKNOWN_MODEL, "LiteLLM, OpenAI, new-api", r"access (?:to )?(?:the |this )?model"),
    (ErrorKind.UNKNOWN_MODEL, "Alibaba, Novita (403)", r"model[._]access_?denied"),
    (ErrorKind.UNKNOWN_MODEL, "one-api, new-api (503, 403)", r"no available channel|无可用渠道|可用渠道失败"),
    (ErrorKind.UNKNOWN_MODEL, "one-api, new-api (503, 403)", r"无权访问(?:任何)?模型"),
    (
        ErrorKind.UNKNOWN_MODEL,
        "Zhipu",
        r"模型\s?\S{0,40}?\s?(?:不存在|未开通|已下线|未找到)|暂未开放.{0,40}权限",
    ),
    # --- the key
    (
        ErrorKind.BAD_KEY,
        "OpenAI, Moonshot, StepFun",
        r"(?:invalid|incorrect|wrong|expired|no)[_ ](?:\w{1,20}[_ ])?api[_ -]?key",
    ),
    (ErrorKind.BAD_KEY, "OpenAI, Moonshot, StepFun", r"invalid[_ ](?:authentication|credentials)"),
    (
        ErrorKind.BAD_KEY,
        "Gemini (400)",
        r"api[_ -]?key[_ ](?:not valid|\w{0,20}[_ ]?invalid|\w{0,20}[_ ]?expired|not found)",
    ),
    (ErrorKind.BAD_KEY, "LiteLLM, Anthropic, DeepSeek", r"authentication[_ ]?(?:error|fail|token)"),
    (ErrorKind.BAD_KEY, "LiteLLM, Anthropic, DeepSeek", r"auth_error|proxy server token"),
    (ErrorKind.BAD_KEY, "OpenRouter, Gemini", r"no auth credentials|unauthenticated|unauthorized"),
    (ErrorKind.BAD_KEY, "new-api", r"_error: (?:\w{1,20}: )?invalid token|this token (?:has expired|status)"),
    (ErrorKind.BAD_KEY, "new-api", r"token not provided"),
    (
        ErrorKind.BAD_KEY,
        "one-api, new-api",
        r"无效的 ?(?:令牌|token)|(?:令牌|token) ?(?:无效|已过期|状态不可用)",
    ),
    (ErrorKind.BAD_KEY, "one-api, new-api", r"未提供 ?(?:令牌|token)"),
    (ErrorKind.BAD_KEY, "Zhipu and others", r"身份验证|鉴权失败|authentication 参数"),
    (ErrorKind.BAD_KEY, "Zhipu and others", r"(?:密钥|api ?key)\s?\S{0,6}?(?:无效|错误|过期)"),
    # --- what passes
    (ErrorKind.RATE_LIMIT, "Gemini, Vertex", r"resource[_ ](?:has been )?exhausted"),
    (ErrorKind.TIMED_OUT, "several", r"tim(?:ed |e[- ]?)out|deadline_exceeded|超时"),
    (ErrorKind.OVERLOADED, "Anthropic, Moonshot, Volcengine, SiliconFlow, Gemini", r"overload|over capacity"),
    (ErrorKind.OVERLOADED, "Anthropic, Moonshot, Volcengine, SiliconFlow, Gemini", r"too busy|high demand"),
    (
        ErrorKind.OVERLOADED,
        "Anthropic, Moonshot, Volcengine, SiliconFlow, Gemini",
        r"(?:temporarily|service|currently)[_ ]unavailable",
    ),
    (ErrorKind.OVERLOADED, "new-api, Zhipu", r"saturated|负载|繁忙|访问量过大|稍后(?:再试|重试)"),
)
"""The kinds for words in an error's type, code and message, each with whose words they are.

From the sources of one-api (`middleware`), new-api (`types/error.go`) and LiteLLM (its
`exception_mapping_utils.py`), from the providers' pages on errors, and from reports of their users. Read in
full: the pages of Zhipu, Moonshot (platform.kimi.ai/docs/api/errors), Alibaba (docs.qwencloud.com, error
messages), Volcengine (volcengine.com/docs/82379/1299023) and StepFun, and the list `APIErrorType` of
OpenRouter; in part: those of xAI, Fireworks, Novita, Cohere and Azure.
"""
