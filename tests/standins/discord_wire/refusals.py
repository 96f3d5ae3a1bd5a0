"""Discord's refusals, with its own codes and words."""

from tests.standins.discord_wire.records import Json


class ApiError(Exception):
    """An error answer: HTTP status, Discord's own code, its words, and which field is wrong."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


UNAUTHORIZED = (401, 0, "401: Unauthorized")
UNKNOWN_ROUTE = (404, 0, "404: Not Found")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_EMOJI = (404, 10014, "Unknown Emoji")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
ALREADY_ANSWERED = (400, 40060, "Interaction has already been acknowledged.")
TOO_MANY_WEBHOOKS = (400, 30007, "Maximum number of webhooks reached (15)")
TOO_MANY_EMOJIS = (400, 30008, "Maximum number of emojis reached (2000)")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
DEAD_TOKEN = (401, 50027, "Invalid Webhook Token")
INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
NO_HISTORY_FOR_REPLY = (400, 160002, "Cannot reply without permission to read message history")
HAS_THREAD = (400, 160004, "A thread has already been created for this message")
FORUM_NEEDS_A_THREAD = (
    400,
    220001,
    "Webhooks posted to forum channels must have a thread_name or thread_id",
)
ONE_THREAD_TOO_MANY = (
    400,
    220002,
    "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
)
NO_FORUM = (400, 220003, "Webhooks can only create threads in forum channels")


def invalid_form(field: str, code: str, message: str) -> ApiError:
    return ApiError(
        400, 50035, "Invalid Form Body", {field: {"_errors": [{"code": code, "message": message}]}}
    )


def utf16(text: str) -> int:
    """Length as Discord counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
