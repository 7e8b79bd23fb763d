"""A comment on a pull request: found again by its first line, updated, and never multiplied.

Speaks the REST interface of GitHub, by what its jobs have in their environment. ``decide`` is pure.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caniload.runner.core.errors import CaniloadError
from caniload.runner.core.texts import shown
from caniload.runner.environments.certificates import trust

_SECONDS = 30
_EACH, _PAGES = 100, 20
_SENT = "caniload"


class UncommentedError(CaniloadError):
    """The comment could not be written; the answer stands all the same."""


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A pull request, and how its host is asked about it."""

    api: str
    repository: str
    number: int
    token: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to be done: ``nothing``, or ``create`` or ``update`` with a text."""

    what: str
    comment: int = 0
    text: str = ""


def decide(text: str, mark: str, there: Sequence[Mapping[str, Any]], *, quiet: bool) -> Step:
    """Say what becomes of the comment: none is written where there is nothing to say.

    One that was written stays, with what is true now; that it says the same is no reason to write.
    """
    ours = [one for one in there if str(one.get("body") or "").startswith(mark)]
    if not ours:
        return Step(what="nothing") if quiet else Step(what="create", text=text)
    first = ours[0]
    if str(first["body"]).replace("\r\n", "\n").strip() == text.strip():
        return Step(what="nothing", comment=int(first["id"]))
    return Step(what="update", comment=int(first["id"]), text=text)


def pull_of(surroundings: Mapping[str, str]) -> Pull | None:
    """Return the pull request that a job is about; ``None`` where it is about none.

    ``UncommentedError`` where the host does not say how it is asked.
    """
    place = surroundings.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(place).read_text("utf-8")) if place else {}
    except (OSError, ValueError) as error:
        raise UncommentedError(f"GITHUB_EVENT_PATH {place}: cannot be read: {error}") from error
    request = event.get("pull_request") if isinstance(event, dict) else None
    number = request.get("number") if isinstance(request, dict) else None
    if type(number) is not int:
        return None
    token = surroundings.get("GITHUB_TOKEN", "")
    repository = surroundings.get("GITHUB_REPOSITORY", "")
    if not token or not repository:
        raise UncommentedError("no comment: GITHUB_TOKEN and GITHUB_REPOSITORY have to be set")
    api = surroundings.get("GITHUB_API_URL") or "https://api.github.com"
    if urlsplit(api).scheme not in ("http", "https"):
        raise UncommentedError(f"GITHUB_API_URL {shown(api)}: is no address of a host")
    return Pull(api=api.rstrip("/"), repository=repository, number=number, token=token)


def put(pull: Pull, text: str, mark: str, *, quiet: bool) -> Step:
    """Bring the comment up to date, and return what was done.

    ``UncommentedError``: the host refused, as it does for a token of somebody else's fork.
    """
    step = decide(text, mark, list(_comments(pull)), quiet=quiet)
    issues = f"{pull.api}/repos/{pull.repository}/issues"
    if step.what == "create":
        _ask(pull, "POST", f"{issues}/{pull.number}/comments", {"body": step.text})
    elif step.what == "update":
        _ask(pull, "PATCH", f"{issues}/comments/{step.comment}", {"body": step.text})
    return step


def _comments(pull: Pull) -> Iterator[Mapping[str, Any]]:
    place = f"{pull.api}/repos/{pull.repository}/issues/{pull.number}/comments"
    for page in range(1, _PAGES + 1):
        found = _ask(pull, "GET", f"{place}?per_page={_EACH}&page={page}")
        listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        yield from listed
        if len(listed) < _EACH:
            return


def _ask(pull: Pull, method: str, address: str, sent: Mapping[str, str] | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - its scheme was looked at
        address,
        method=method,
        data=json.dumps(sent).encode() if sent is not None else None,
        headers={
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "User-Agent": _SENT,
        },
    )
    request.add_unredirected_header("Authorization", f"Bearer {pull.token}")
    secure = urlsplit(address).scheme == "https"
    try:
        with urllib.request.urlopen(  # noqa: S310 - as above
            request, timeout=_SECONDS, context=trust() if secure else None
        ) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        why = f"answers {error.code} {error.reason}"
        if error.code in (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.NOT_FOUND):
            why += "; a comment takes `permissions: {pull-requests: write}`, which forks never have"
    except urllib.error.URLError as error:
        why = f"cannot be reached ({error.reason})"
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = f"does not answer as expected ({error})"
    raise UncommentedError(f"no comment: {urlsplit(address).netloc} {shown(why)}")
