"""Reading pages in tests: what every page must have and must not have, and what its forms would send."""

from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict


class Page(HTMLParser):
    """A parsed page: tags in order, the values of its forms' inputs, its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.title = ""
        self._in: list[str] = []
        self._textarea: str | None = None
        self._select: str | None = None
        self.form = MultiDict()  # type: ignore[var-annotated]
        """Name → value of all inputs of the page's forms that post, as a browser would send them"""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._in.append(tag)
        name, value = found.get("name"), found.get("value") or ""
        if tag == "input" and name and found.get("type") not in ("checkbox", "radio"):
            self.form.add(name, value)
        if tag == "input" and name and found.get("type") in ("checkbox", "radio") and "checked" in found:
            self.form.add(name, value)
        if tag == "textarea" and name:
            self._textarea = name
            self.form.add(name, "")
        if tag == "select" and name:
            self._select = name
            self.form.add(name, "")
        if tag == "option" and self._select and "selected" in found:
            self.form[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        self.text += data
        last = self._in[-1] if self._in else ""
        if last == "title":
            self.title += data
        if self._textarea:
            self.form[self._textarea] = self.form[self._textarea] + data.removeprefix("\n")

    def all(self, tag: str) -> list[dict[str, Any]]:
        """Attributes of every tag of that name."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if attrs.get("id")]


def check_page(html: str) -> Page:
    """Assert what every page of ours keeps to, and return it."""
    page = Page(html)
    root = page.all("html")[0]
    assert root.get("lang") and root.get("dir") in ("ltr", "rtl")
    assert page.title.strip(), "a page without title"
    assert len(page.all("h1")) == 1, "exactly one h1"
    assert len(page.all("main")) == 1
    for tag, attrs in page.tags:
        assert "style" not in attrs, f"an inline style on <{tag}>"
        assert not [name for name in attrs if name.startswith("on")], f"an inline handler on <{tag}>"
        assert not str(attrs.get("href") or "").lower().startswith("javascript:")
    assert not page.all("style")
    assert all(attrs.get("src") for attrs in page.all("script")), "an inline script"
    assert len(page.ids) == len(set(page.ids)), f"ids twice: {sorted(i for i in page.ids if page.ids.count(i) > 1)}"
    assert html.count("<table") == html.count("<caption"), "a table without caption"
    posting = [attrs for attrs in page.all("form") if attrs.get("method") == "post"]
    tokens = [attrs for attrs in page.all("input") if attrs.get("name") == "csrf_token"]
    assert len(posting) == len(tokens), "a posting form without CSRF token"
    for th in page.all("th"):
        assert th.get("scope"), "a header cell without scope"
    return page
