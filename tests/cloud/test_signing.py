"""Against the test suite and the example that Amazon publishes for signature version 4."""

from datetime import UTC, datetime

import pytest

from assistant.cloud.signing import Credentials, Scope, signed

KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx"
    "7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6"
    "d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LETTERS = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def signature(method: str, path: str, *, body: bytes = b"", keys: Credentials = KEYS, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"https://example.amazonaws.com{path}"
    scope = Scope("us-east-1", "service")
    whole = signed(method, url, headers=named, body=body, credentials=keys, scope=scope, time=TIME)
    assert whole["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/")
    return whole["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "expected"),
    [
        ("GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            {},
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET",
            "/?Param1=value2&Param1=value1",
            {},
            b"",
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        ),
        ("GET", f"/{LETTERS}", {}, b"", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        (
            "GET",
            "/",
            {"My_Header1": " value1", "My_Header2": '"a   b   c"'},
            b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "POST",
            "/",
            {"My_Header1": "value1"},
            b"",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ),
        (
            "POST",
            "/",
            {"Content_Type": FORM["Content-Type"]},
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
    ids=[
        "get-vanilla",
        "post-vanilla",
        "get-vanilla-query-order-key-case",
        "get-vanilla-query-order-value",
        "get-unreserved",
        "get-header-value-trim",
        "post-header-key-sort",
        "post-x-www-form-urlencoded",
    ],
)
def test_requests_of_the_suite(method: str, path: str, headers: dict[str, str], body: bytes, expected: str) -> None:
    assert signature(method, path, body=body, **headers) == expected


def test_a_session_token_is_signed() -> None:
    keys = Credentials(KEYS.access_key, KEYS.secret_key, TOKEN)
    expected = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"  # post-sts-header-before
    assert signature("POST", "/", keys=keys) == expected


def test_the_documented_example_of_another_service() -> None:
    whole = signed(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=b"",
        credentials=KEYS,
        scope=Scope("us-east-1", "iam"),
        time=TIME,
    )
    expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    assert whole["Authorization"].endswith(f"SignedHeaders=content-type;host;x-amz-date, Signature={expected}")


def test_keys_are_not_shown() -> None:
    shown = repr(Credentials("AKIDEXAMPLE", "very secret", "more secret"))
    assert "secret" not in shown
