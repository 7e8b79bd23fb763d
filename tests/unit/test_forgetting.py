"""Between two jobs of one process: what was said once can be said again, the rest is put back."""

from __future__ import annotations

from hearing_driver import Heard, Ran, texts

pytest_plugins = ["hearing_fixtures"]

SCENARIOS: dict[str, str] = {}

SCENARIOS["forgotten"] = """
import sys, types, warnings
from forgetting import forget_what_was_said

class Lazy(types.ModuleType):
    def __getattribute__(self, name):
        raise ImportError("loaded by a look at " + name)

deprecation = types.ModuleType("tensorflow.python.util.deprecation")
deprecation._PRINTED_WARNING = {"once": True}
deprecation.__warningregistry__ = {"version": 1}
absl = types.ModuleType("absl.logging")
absl._warn_preinit_stderr = False
tracing = types.ModuleType("tensorflow.python.eager.def_function")
tracing._frequent_tracing_detector = types.SimpleNamespace(_counters={"train_function": 4})
manager = types.SimpleNamespace(_detectors={"train_function": 4})
tracing._frequent_tracing_detector_manager = manager
added = {module.__name__: module for module in (deprecation, absl, tracing)}
added.update({"some.lazy": Lazy("some.lazy"), "some.missing": None})
sys.modules.update(added)
forget_what_was_said()
print(deprecation._PRINTED_WARNING, deprecation.__warningregistry__, absl._warn_preinit_stderr)
print(tracing._frequent_tracing_detector._counters, manager._detectors)
for name in added:
    del sys.modules[name]
"""


def test_what_is_said_once_per_process_can_be_said_again(heard: Heard) -> None:
    assert texts(heard("forgotten")) == ["{} {} True", "{} {}"]


SCENARIOS["moved"] = """
import sys
from forgetting import forget_what_was_said

for time in range(2):
    forget_what_was_said()
    try:
        from collections import Mapping
    except ImportError:
        pass
"""


def test_python_warns_of_abstract_classes_that_moved_each_time(ran: Ran) -> None:
    warns = ran[1]["facts"]["minor"] in {7, 8, 9}
    assert len(ran[1]["moved"]) == (2 if warns else 0)


SCENARIOS["reset"] = """
import sys, types
from forgetting import remember_keras, reset_keras

class Backend(object):
    layout, cleared = "channels_last", 0
    floatx = epsilon = lambda self: "same"
    set_floatx = set_epsilon = None
    def image_data_format(self): return self.layout
    def set_image_data_format(self, value): self.layout = value
    def clear_session(self): self.cleared += 1

registry = types.ModuleType("registry")
registry.GLOBAL_CUSTOM_NAMES = {}
known = {"Custom>Adam": 1}
def get_custom_objects():
    return known
get_custom_objects.__module__ = "registry"
sys.modules["registry"] = registry
keras = types.SimpleNamespace(
    backend=Backend(), utils=types.SimpleNamespace(get_custom_objects=get_custom_objects)
)
remembered = remember_keras(keras)
known["caniload>Scale"] = registry.GLOBAL_CUSTOM_NAMES["class"] = "a job's"
keras.backend.set_image_data_format("channels_first")
reset_keras(keras, remembered)
print(known, registry.GLOBAL_CUSTOM_NAMES, keras.backend.layout, keras.backend.cleared)
"""


def test_what_a_job_changed_in_keras_is_put_back(heard: Heard) -> None:
    assert texts(heard("reset")) == ["{'Custom>Adam': 1} {} channels_last 1"]


SCENARIOS["let go"] = """
import sys, types
from forgetting import let_go

cleared = []
backend = types.SimpleNamespace(clear_session=lambda: cleared.append(1))
keras = types.SimpleNamespace(backend=backend)
let_go(keras)
for eagerly in (True, False):
    sys.modules["tensorflow"] = types.SimpleNamespace(executing_eagerly=lambda: eagerly)
    let_go(keras)
    print(eagerly, len(cleared))
del sys.modules["tensorflow"]
"""


def test_only_a_framework_of_graphs_lets_go_of_its_graph(heard: Heard) -> None:
    assert texts(heard("let go")) == ["True 0", "False 1"]


SCENARIOS["wrapped"] = """
import sys, types
import forgetting

module = types.ModuleType("tensorflow.wrapped")
vars(module).update(_tfmw_warning_count=0, _tfmw_deprecated_checked={"early"}, _tfmw_attr_map={})
checked = module._tfmw_deprecated_checked
sys.modules[module.__name__] = module

def get_custom_objects(objects={}):
    return objects

def setting(value=None):
    return "as it was"

get_custom_objects.__module__ = "types"
backend = types.SimpleNamespace(reset_uids=lambda: None)
for name in ("floatx", "epsilon", "image_data_format"):
    setattr(backend, name, setting)
    setattr(backend, "set_" + name, setting)
keras = types.SimpleNamespace(
    backend=backend, utils=types.SimpleNamespace(get_custom_objects=get_custom_objects)
)
remembered = forgetting.remember_keras(keras)
module._tfmw_warning_count = 1
checked.add("get_default_graph")
module._tfmw_attr_map["get_default_graph"] = 1
forgetting.reset_keras(keras, remembered)
print(module._tfmw_warning_count, checked, module._tfmw_attr_map)
print(module._tfmw_deprecated_checked is checked)
del sys.modules[module.__name__]
"""


def test_names_that_tensorflow_1_called_deprecated_are_called_so_again(heard: Heard) -> None:
    assert texts(heard("wrapped")) == ["0 {'early'} {}", "True"]
