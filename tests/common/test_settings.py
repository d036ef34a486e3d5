"""Settings that are refused are named, and nothing of the environment's secrets is shown."""

import pytest
from pydantic import ValidationError

from libs.common.settings import Settings

GIVEN = {"DATABASE_URL": "postgresql://app:a-secret@db/x", "BUS_URL": "kafka://bus:1", "ISSUER": "issuer", "JWKS_URL": "http://keys"}


@pytest.mark.parametrize("wrong", [{"ISSUER": None}, {"PORT": "0"}, {"PROFILE": "elsewhere"}])
def test_a_refusal_names_the_setting_and_shows_no_secret(wrong: dict[str, str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (GIVEN | wrong).items():
        if value is not None:
            monkeypatch.setenv("LIENTHONG_" + name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (name,) = wrong
    assert name.lower() in str(refused.value)
    assert "a-secret" not in str(refused.value)
    assert "input_value" not in str(refused.value)
