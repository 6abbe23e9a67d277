"""Every refusal Ringfence can give, each with a stable code and its OpenAI JSON form.

    RingfenceError
    ├── ConfigurationError      the server does not start, or a reload is refused
    ├── RequestRefused          4xx: the request itself is at fault (body, key, path, model)
    ├── PolicyRefused           403: the decision, or that on an answer, is `block`; says why in the policy's words
    ├── UpstreamRefused         a model server's refusal or failure, in our words
    └── Unavailable             503: something needed to decide or to answer is not there; names what

No message carries a value from a caller or an upstream: not a prompt, not a model name, not a header.
"""

from typing import Any


class RingfenceError(Exception):
    """What the server can answer for. `status` and `code` are part of the API."""

    status = 500
    kind = "server_error"
    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.param = param
        self.receipt: dict[str, str] = {}
        """Headers of the decision and its record, once there is one."""

    def headers(self) -> dict[str, str]:
        """Headers that tell clients whether a retry can help."""
        return {"x-should-retry": "false"}

    def said(self) -> str:
        """Return what a terminal is told, in lines."""
        return f"ringfence: {self.message}\n"

    def body(self) -> dict[str, Any]:
        """Return the error in the shape of the OpenAI API."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


class ConfigurationError(RingfenceError):
    """Settings, policies, upstreams or detectors that cannot be used."""

    code = "configuration_error"


class RequestRefused(RingfenceError):
    """A request that cannot be read unambiguously, is not allowed in, or asks for what does not exist."""

    kind = "invalid_request_error"
    code = "invalid_request"

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message, code=code, param=param)
        self.status = status


class PolicyRefused(RingfenceError):
    """The decision is `block`, or a rule blocks the answer. `explanation` says why, never anything of the content.

    That is `because`, the reasons; `rules`, those that matched; and, of a request, `zones`, each with what struck it.
    """

    status = 403
    kind = "permission_error"
    code = "policy_blocked"

    def __init__(self, message: str, *, explanation: dict[str, Any], code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.explanation = explanation

    def body(self) -> dict[str, Any]:
        """Add the explanation."""
        shape = super().body()
        shape["error"] |= self.explanation
        return shape


class UpstreamRefused(RingfenceError):
    """A model server refused or failed; its own words may repeat the prompt and are never used."""

    kind = "upstream_error"

    def __init__(self, message: str, *, status: int, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after_s = retry_after_s

    def headers(self) -> dict[str, str]:
        """Pass on when a retry may help."""
        return super().headers() if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}


class Unavailable(RingfenceError):
    """Something needed is not there now: the audit log, the detectors, a policy, or every upstream of the zone."""

    status = 503
    kind = "service_unavailable"
    code = "unavailable"

    def __init__(self, message: str, *, code: str, retry_after_s: int | None = 1) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s

    def headers(self) -> dict[str, str]:
        """Invite a retry, for what may pass by itself."""
        return super().headers() if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}
