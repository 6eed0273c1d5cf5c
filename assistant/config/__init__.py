"""The household's file, `oyez.yaml`, as types."""

from assistant.config.base import Identifier, Language, Named, Option, Section
from assistant.config.calling import CallGuardConfig, CallingConfig, ContactsConfig, PersonConfig
from assistant.config.cloud import CloudConfig, LexConfig, OutboxConfig
from assistant.config.conversation import DialogueConfig, QuietConfig, RepliesConfig, ReplyMode, VoiceConfig
from assistant.config.household import (
    THRESHOLD,
    AudioConfig,
    DeviceConfig,
    FloorConfig,
    HandlersConfig,
    HouseholdConfig,
    ListenConfig,
    MqttConfig,
    ObserveConfig,
    RoomConfig,
    SceneConfig,
    SettingConfig,
    WakeConfig,
)
from assistant.config.loader import Known, LoadedHousehold, household_schema, load_household, parse_household
from assistant.config.media import MediaConfig, PlayerConfig
from assistant.config.secrets import read_secret
from assistant.config.wording import nearest

__all__ = [
    "THRESHOLD",
    "AudioConfig",
    "CallGuardConfig",
    "CallingConfig",
    "CloudConfig",
    "ContactsConfig",
    "DeviceConfig",
    "DialogueConfig",
    "FloorConfig",
    "HandlersConfig",
    "HouseholdConfig",
    "Identifier",
    "Known",
    "Language",
    "LexConfig",
    "ListenConfig",
    "LoadedHousehold",
    "MediaConfig",
    "MqttConfig",
    "Named",
    "ObserveConfig",
    "Option",
    "OutboxConfig",
    "PersonConfig",
    "PlayerConfig",
    "QuietConfig",
    "RepliesConfig",
    "ReplyMode",
    "RoomConfig",
    "SceneConfig",
    "Section",
    "SettingConfig",
    "VoiceConfig",
    "WakeConfig",
    "household_schema",
    "load_household",
    "nearest",
    "parse_household",
    "read_secret",
]
