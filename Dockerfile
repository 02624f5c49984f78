# Encore on a CPU, as a user without privileges:
#
#     docker build -t encore .
#     docker run --rm encore              # make demo
#     docker run --rm -it encore bash     # anything else
#
# .ci/check_dockerfile.py runs the same steps without Docker.
FROM python:3.12-slim

RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home encore && install -d -o encore -g encore /home/encore/clone

USER encore
WORKDIR /home/encore/clone
COPY --chown=encore:encore . .

# TensorFlow without its GPU code; its package for other processors than x86-64 has none.
RUN if [ "$(uname -m)" = x86_64 ]; then sed -i 's/tensorflow~=/tensorflow-cpu~=/' requirements.txt pyproject.toml; fi
RUN PIP_NO_CACHE_DIR=1 sh .ci/make-venv run

CMD ["make", "demo"]
