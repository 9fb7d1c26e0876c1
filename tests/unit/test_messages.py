"""Messages: every code has its texts, and both languages use the same values."""

import string

import pytest

from import_export.message_texts import PHRASES, TEXTS
from import_export.messages import Message, Phrase


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", list(Message))
def test_every_message_is_there_in_both_languages_with_the_same_values(code: Message) -> None:
    english, indonesian = TEXTS[code]
    assert values(english) == values(indonesian)


@pytest.mark.parametrize("phrase", list(Phrase))
def test_every_phrase_is_there_in_both_languages(phrase: Phrase) -> None:
    assert all(PHRASES[phrase])
