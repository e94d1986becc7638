"""Settings come from the folder and the environment; a mistake is named with its place."""

import stat
from pathlib import Path

import pytest

from newsletter import settings
from newsletter.delivery.relay import parse_relay
from newsletter.errors import SettingsError

SECRET = "s" * 40


def test_a_folder_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    found = settings.load(tmp_path, {})
    assert found.database_url.get_secret_value() == "sqlite:///newsletter.db"


def test_the_environment_stands_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / settings.FILE_NAME).write_text('public_url = "https://file.example"\n')
    assert settings.load(tmp_path).public_url == "https://file.example"
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", "https://environment.example/")
    assert settings.load(tmp_path).public_url == "https://environment.example"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('public_url = "news.example"', "public_url"),
        ('smtp_url = "relay.example:25"', "smtp_url"),
        ('smtp_url = "smtp://relay.example:mail"', "smtp_url"),
        ('database_url = "mysql://x"', "database_url"),
        ("secret_keys = 7", "secret_keys"),
        ('databse_url = "sqlite:///x.db"', "databse_url"),
        ("public_url = ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / settings.FILE_NAME).write_text(text + "\n")
    with pytest.raises(SettingsError) as error:
        settings.load(tmp_path, {})
    assert named in str(error.value)
    assert settings.FILE_NAME in str(error.value)
    assert "\n" not in str(error.value)


def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"SMPT_URL .*did you mean NEWSLETTER_SMTP_URL\?$"):
        settings.load(tmp_path, {"NEWSLETTER_SMPT_URL": "smtp://relay.example"})


def test_a_misspelt_setting_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text('databse_url = "sqlite:///x.db"\n')
    with pytest.raises(SettingsError, match=r"databse_url .*did you mean database_url\?$"):
        settings.load(tmp_path, {})


def test_what_is_like_no_setting_is_refused_with_all_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"NEWSLETTER_COLOUR .*there are .*SMTP_URL.*LOG_LEVEL"):
        settings.load(tmp_path, {"NEWSLETTER_COLOUR": "blue"})


def test_a_missing_relay_is_named_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"smtp_url.*newsletter\.toml.*NEWSLETTER_SMTP_URL"):
        _ = settings.load(tmp_path, {}).relay_url


@pytest.mark.parametrize("written", ["{0},{1}", "{0} {1}", '["{0}", "{1}"]', "{0}, {1}\n"])
def test_keys_in_the_environment_are_a_list_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    keys = (SECRET, settings.new_secret())
    monkeypatch.setenv("NEWSLETTER_SECRET_KEYS", written.format(*keys))
    assert settings.load(tmp_path).secrets == keys


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+starttls"])
def test_every_way_to_name_a_relay_is_taken(tmp_path: Path, scheme: str) -> None:
    (tmp_path / settings.FILE_NAME).write_text(f'smtp_url = "{scheme}://relay.example"\n')
    found = settings.load(tmp_path, {})
    assert parse_relay(found.relay_url).host == "relay.example"


def test_missing_keys_are_named_with_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"newsletter\.toml and NEWSLETTER_SECRET_KEYS"):
        _ = settings.load(tmp_path, {}).secrets


def test_a_wrong_secret_is_not_repeated_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text('smtp_url = "http://me:hunter2@relay.example"\n')
    with pytest.raises(SettingsError) as error:
        settings.load(tmp_path, {})
    assert "hunter2" not in str(error.value)


def test_settings_print_no_secret(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text(
        f'smtp_url = "smtp://me:hunter2@relay.example"\nsecret_keys = ["{SECRET}"]\n'
        'database_url = "postgresql://me:hunter3@db.example/news"\n'
    )
    shown = repr(settings.load(tmp_path, {}))
    assert not [word for word in ("hunter2", "hunter3", SECRET) if word in shown]


def test_the_first_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = settings.write_first(tmp_path, settings.new_secret())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(settings.load(tmp_path, {}).secrets) == 1


def test_keys_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    settings.write_first(tmp_path, SECRET)
    with pytest.raises(SettingsError, match="nothing was changed"):
        settings.write_first(tmp_path, settings.new_secret())
    assert SECRET in (tmp_path / settings.FILE_NAME).read_text()
