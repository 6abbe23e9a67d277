"""The auditors' API. Every read is itself a record, committed before the answer is given.

Who may read is decided by the `authorize` that the server injects, for the roles that `roles` names. What is asked must
have the form of a name, a number or a time; what is wrong with it is said without repeating it.
"""

from audit.api.router import routes
from audit.api.service import Authorize, Explain, Reader

__all__ = ["Authorize", "Explain", "Reader", "routes"]
