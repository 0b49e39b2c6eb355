"""Texts that must not be shown: a secret on its way between the document and its sealed column."""

from integrations.contract import Text
from routing.fields import Sealed, UnsealingError
from routing.services.configuration.problems import Unusable

MASK = "••••"
"""Stands for a secret that is not told; where one is stored already, it means "keep it"."""

_NOT_OPENED = Text(
    "this sealed secret cannot be opened: none of the keys in FIELD_KEYS fits; add the key it was sealed with",
    "无法解开该加密值：FIELD_KEYS 中没有匹配的密钥，请加入加密时使用的密钥",
)


class SecretText(str):
    """A text from `{env: …}` or `{sealed: …}`, or of a secret field; `repr` shows a mask."""

    __slots__ = ("token",)
    token: str
    """The stored token where there is one, so that what did not change keeps it; else empty."""

    def __new__(cls, text: str, token: str = "") -> "SecretText":
        """The text, with the token it was opened from."""
        self = super().__new__(cls, text)
        self.token = token
        return self

    def __repr__(self) -> str:
        return MASK

    def sealed(self) -> Sealed:
        """Its stored form: the token it came with, or a new one."""
        return Sealed(self.token) if self.token else Sealed.seal(str(self))


def opened(token: str) -> SecretText:
    """The text of a sealed token; raises Unusable, which names FIELD_KEYS."""
    try:
        return SecretText(Sealed(token).open(), token)
    except UnsealingError as error:
        raise Unusable(_NOT_OPENED) from error


def as_secret(text: str) -> SecretText:
    """The same text as a secret; one that is a secret already keeps its token."""
    return text if isinstance(text, SecretText) else SecretText(text)
