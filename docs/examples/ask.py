"""The example of the page about Python."""

import caniload

found = caniload.inspect("scaled.h5")
print(found.format, found.origin.keras_version, [one.name for one in found.custom])

(checked,) = caniload.check("text.h5", to=["tf-2.21"])
for answer in checked.answers:
    print(answer.environment, answer.outcome, answer.basis)

try:
    caniload.bisect("text.h5", good="tf-2.15", bad="nonsense")
except caniload.CaniloadError as error:
    print(str(error).partition(";")[0])
