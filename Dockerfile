# caniload with every Python that an environment of matrix.yaml asks for, so that none is missing.
#
#   docker build -t caniload .
#   docker run --rm -v "$PWD:/work" -v caniload:/home/caniload/.cache/caniload caniload check model.h5 --to 2.21
#
# Environments are not in it: they are built into the volume when a command needs them.

# Pythons that uv does not bring, from the last images that had them.
FROM python:3.6.15-slim-bullseye AS python36
FROM python:3.7.17-slim-bullseye AS python37

FROM python:3.11-slim-bookworm
COPY --from=python36 /usr/local /opt/python/3.6
COPY --from=python37 /usr/local /opt/python/3.7
# Libraries of that Debian which these two are linked with, and this one has in newer versions only.
COPY --from=python37 \
  /usr/lib/x86_64-linux-gnu/libssl.so.1.1 \
  /usr/lib/x86_64-linux-gnu/libcrypto.so.1.1 \
  /usr/lib/x86_64-linux-gnu/libffi.so.7 \
  /usr/lib/x86_64-linux-gnu/
# Found by the loader itself, for the processes of an environment inherit no variables. No versions
# of packages: the newest of a stable Debian is what is wanted, with its fixes.
# hadolint ignore=DL3008
RUN printf '/opt/python/3.6/lib\n/opt/python/3.7/lib\n' > /etc/ld.so.conf.d/pythons.conf \
  && ldconfig \
  && apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap \
  && rm -rf /var/lib/apt/lists/*

COPY . /src
RUN pip install --no-cache-dir /src \
  && rm -rf /src \
  && UV_PYTHON_INSTALL_DIR=/opt/python/uv uv python install --no-bin 3.8 3.9 3.10 3.12 3.13 \
  && useradd --create-home --uid 1000 caniload \
  && install -d -o caniload /home/caniload/.cache/caniload /work
ENV CANILOAD_PYTHONS=/opt/python/3.6:/opt/python/3.7:/opt/python/uv CANILOAD_NO_FETCH=1
USER 1000
VOLUME /home/caniload/.cache/caniload
WORKDIR /work
ENTRYPOINT ["caniload"]
