"""One file per kind of real device: pure translations, in one table."""

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from assistant.config import DeviceConfig
from assistant.errors import ConfigurationError, Fault
from handlers.drivers import esphome, generic, homeassistant, shelly, tasmota, zigbee2mqtt
from handlers.drivers.contract import ALL_FEATURES, Driver, DriverOptions, Feature, Light, Message, Report

DRIVERS: Mapping[str, Callable[[str, DeviceConfig], Driver]] = {
    "zigbee2mqtt": zigbee2mqtt.Zigbee2Mqtt.of,
    "homeassistant": homeassistant.HomeAssistant.of,
    "tasmota": tasmota.Tasmota.of,
    "shelly": shelly.Shelly.of,
    "esphome": esphome.EspHome.of,
    "generic": generic.Generic.of,
}
"""By the name that stands in the household's file."""

OPTIONS: Mapping[str, type[DriverOptions]] = {
    "zigbee2mqtt": zigbee2mqtt.Options,
    "homeassistant": homeassistant.Options,
    "tasmota": tasmota.Options,
    "shelly": shelly.Options,
    "esphome": esphome.Options,
    "generic": generic.Options,
}
"""What may stand in a device's `options`."""

__all__ = [
    "ALL_FEATURES",
    "DRIVERS",
    "OPTIONS",
    "Driver",
    "DriverOptions",
    "Feature",
    "Light",
    "Message",
    "Report",
    "build",
    "faults",
]


def build(name: str, device: DeviceConfig) -> Driver:
    """Return the driver of the device called `name`.

    Raises ConfigurationError with every fault of its options.
    """
    wrong = faults(name, device)
    if wrong:
        raise ConfigurationError(wrong)
    return DRIVERS[device.driver](name, device)


def faults(name: str, device: DeviceConfig) -> list[Fault]:
    """Return what is wrong with the topic and the options of the device called `name`."""
    found = []
    if any(character in device.topic for character in "+#\x00"):
        found.append(Fault(f"devices.{name}.topic", '"+" and "#" stand for other topics; write the device\'s own'))
    try:
        OPTIONS[device.driver].model_validate(device.options)
    except ValidationError as error:
        known = ", ".join(OPTIONS[device.driver].model_fields)
        for fault in error.errors(include_url=False, include_context=False):
            option = ".".join(str(step) for step in fault["loc"])
            what = (
                f"no such option; {device.driver} has {known}" if fault["type"] == "extra_forbidden" else fault["msg"]
            )
            found.append(Fault(f"devices.{name}.options.{option}", what))
    return found
