"""Where the heads of the log are kept outside of it, as the settings say: the flags of the signer's process.

What is missing is said before anything starts: an anchor that cannot work keeps nothing.
"""

from importlib.util import find_spec

from proxy.addresses import is_plain
from proxy.errors import ConfigurationError
from proxy.settings import Settings
from proxy.witnesses import witnesses


def flags(settings: Settings) -> list[str]:
    """Return the flags, as `audit.anchors.keepers` reads them; raises ConfigurationError."""
    words = [] if settings.anchor_file is None else ["--anchor-file", str(settings.anchor_file.absolute())]
    words += [] if settings.anchor_git is None else ["--anchor-git", settings.anchor_git]
    words += [word for told in witnesses(settings.anchor_witnesses) for word in ("--witness", *told)]
    return words + _authority(settings) + _bucket(settings)


def _authority(settings: Settings) -> list[str]:
    url, certificates = settings.anchor_rfc3161, settings.anchor_rfc3161_certificates
    if url is None and certificates is None:
        return []
    if url is None or certificates is None:
        raise ConfigurationError(
            "setting anchor_rfc3161, the URL of a time-stamp authority, and anchor_rfc3161_certificates, its root "
            "certificates, need each other"
        )
    if not is_plain(url):
        raise ConfigurationError("setting anchor_rfc3161 is not a URL such as https://tsa.example/tsr")
    _needs("rfc3161_client", "rfc3161-client", "anchor_rfc3161")
    from audit.anchors.rfc3161 import read_authorities  # noqa: PLC0415 - reads certificates, which few need
    from audit.errors import AuditMismatch  # noqa: PLC0415

    try:
        read_authorities(certificates)
    except AuditMismatch as error:
        raise ConfigurationError(f"setting anchor_rfc3161_certificates: {error}") from None
    return ["--anchor-rfc3161", url, str(certificates.absolute())]


def _bucket(settings: Settings) -> list[str]:
    if settings.anchor_s3 is None:
        return []
    from audit.anchors.s3 import split  # noqa: PLC0415 - few need it

    try:
        split(settings.anchor_s3)
    except ValueError as error:
        raise ConfigurationError(f"setting anchor_s3 {error}") from None
    _needs("boto3", "boto3", "anchor_s3")
    return ["--anchor-s3", settings.anchor_s3, str(settings.anchor_s3_retention_days)]


def _needs(module: str, package: str, setting: str) -> None:
    if find_spec(module) is None:
        raise ConfigurationError(f"setting {setting} needs a library that is not here: pip install {package}")
