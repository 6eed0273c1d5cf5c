"""The household's file, `oyez.yaml`, as types."""

from assistant.config.household import (
    AudioConfig,
    DeviceConfig,
    FloorConfig,
    HandlersConfig,
    HouseholdConfig,
    Language,
    ListenConfig,
    MqttConfig,
    RoomConfig,
    SceneConfig,
    WakeConfig,
)
from assistant.config.loader import LoadedHousehold, household_schema, load_household, parse_household
from assistant.config.wording import nearest

__all__ = [
    "AudioConfig",
    "DeviceConfig",
    "FloorConfig",
    "HandlersConfig",
    "HouseholdConfig",
    "Language",
    "ListenConfig",
    "LoadedHousehold",
    "MqttConfig",
    "RoomConfig",
    "SceneConfig",
    "WakeConfig",
    "household_schema",
    "load_household",
    "nearest",
    "parse_household",
]
