"""What the auditors' API refuses, in the shape of OpenAI's errors. No message repeats anything that was sent."""

from starlette.responses import JSONResponse

from audit.errors import AuditUnavailable

UNAVAILABLE = 503
KINDS = {429: "rate_limit_error", UNAVAILABLE: "service_unavailable"}


class ApiError(Exception):
    """An answer that is an error: `code` is part of the API."""

    def __init__(self, status: int, message: str, *, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.retry_after_s = retry_after_s


def bad_request(message: str) -> ApiError:
    """Refuse what was asked as it was asked."""
    return ApiError(400, message, code="invalid_request")


def not_found(what: str) -> ApiError:
    """Refuse to give what there is not."""
    return ApiError(404, f"there is no such {what}", code="not_found")


def unavailable(error: AuditUnavailable) -> ApiError:
    """Say that the log cannot be read now, or that the read cannot be recorded, and why in a word."""
    return ApiError(UNAVAILABLE, str(error), code="audit_unavailable", retry_after_s=1)


def refused(error: ApiError) -> JSONResponse:
    """Return the answer."""
    kind = KINDS.get(error.status, "invalid_request_error")
    body = {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}
    headers = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
    return JSONResponse(body, status_code=error.status, headers=headers)
