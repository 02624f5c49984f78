"""Refuses tracks that cannot be used, as far as that is known before they are decoded."""

from common.core.console import warn
from common.core.errors import DataError
from common.core.words import counted
from data_pipeline.datasets.catalog import Catalog

_NAMED_BAD = 5


def require_usable(catalog: Catalog, *, skip_bad: bool) -> None:
    """Refuse tracks that are known to be unusable before they are decoded, unless they are to be skipped.

    Raises:
        DataError: there are such tracks.
    """
    if not catalog.bad:
        return
    named = "; ".join(bad.reason for bad in catalog.bad[:_NAMED_BAD])
    more = f"; and {len(catalog.bad) - _NAMED_BAD} more" if len(catalog.bad) > _NAMED_BAD else ""
    found = f"{catalog.title}: {counted(len(catalog.bad), 'clip')} cannot be used: {named}{more}"
    if not skip_bad:
        raise DataError(f"{found}. {catalog.bad_advice}, or skip them with --skip-bad.")
    warn(f"{found}; continuing without them")
