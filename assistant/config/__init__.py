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

__all__ = [
    "AudioConfig",
    "DeviceConfig",
    "FloorConfig",
    "HandlersConfig",
    "HouseholdConfig",
    "Language",
    "ListenConfig",
    "MqttConfig",
    "RoomConfig",
    "SceneConfig",
    "WakeConfig",
]
