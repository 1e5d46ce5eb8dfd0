"""A page of FTS flows: proved whole and of this format, and the address of the next one."""

import json
from pathlib import Path
from typing import Any

from registry.sync.adapters.contract import DocumentRefused

MAX_PAGE = 50_000_000
"""Bytes: a page is read whole"""


def parse(path: Path) -> dict[str, Any]:
    """A page, whole. Raises DocumentRefused."""
    size = path.stat().st_size
    if size > MAX_PAGE:
        raise DocumentRefused("oversize", f"A page has more than {MAX_PAGE // 1_000_000} MB.")
    content = path.read_bytes()
    if not content.strip():
        raise DocumentRefused("empty", "The file is empty.")
    if content.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise DocumentRefused("html", "This is a web page (HTML), not a page of flows.")
    try:
        page = json.loads(content, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise DocumentRefused("encoding", f"The page is not UTF-8: {error}.") from None
    except json.JSONDecodeError as error:
        is_end = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        if is_end and error.doc.lstrip()[:1] == "{":
            raise DocumentRefused("truncated", f"The page breaks off: {error}.") from None
        raise DocumentRefused("not_json", f"This is not JSON: {error}.") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, nests of thousands of levels
        raise DocumentRefused("not_json", f"The JSON cannot be read: {error}.") from None
    return _checked(page)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _checked(page: Any) -> dict[str, Any]:
    if not isinstance(page, dict):
        raise DocumentRefused("not_flows", "This is not a page of FTS flows.")
    data, meta = page.get("data"), page.get("meta", {})
    if page.get("status", "ok") != "ok" or not isinstance(data, dict) or not isinstance(data.get("flows"), list):
        said = page.get("message") or page.get("status") or "no list of flows"
        raise DocumentRefused("not_flows", f"This is not a page of FTS flows: {str(said)[:200]}.")
    if not isinstance(meta, dict):
        raise DocumentRefused("not_flows", "This is not a page of FTS flows: its `meta` is no object.")
    return page


def next_page(path: Path, _address: str) -> str | None:
    """`meta.nextLink`"""
    link = parse(path).get("meta", {}).get("nextLink")
    if link is not None and not isinstance(link, str):
        raise DocumentRefused("not_flows", "The page's `nextLink` is no address.")
    return link or None
