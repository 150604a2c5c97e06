# The cluster of deploy/compose.yaml; deploy/README.md says more. Building and testing: CONTRIBUTING.md.
COMPOSE ?= docker compose
# Further files of deploy/: FILES="compose.tls.yaml compose.gpu.yaml".
FILES ?=
RUN = $(COMPOSE) -f deploy/compose.yaml $(addprefix -f deploy/,$(FILES))
FACTORY = $(RUN) exec coordinator-1 hafs-factory

.PHONY: help secrets cluster cluster-down cluster-status campaign join-link cluster-proof deploy-check

help:
	@echo "make cluster         build the images, make secrets, start everything"
	@echo "make campaign        start a run as deploy/config/run.toml says"
	@echo "make cluster-status  how it is"
	@echo "make join-link       the line that lets a worker on another machine join"
	@echo "make cluster-down    stop everything; what is stored stays"
	@echo "make cluster-proof   run a cluster with podman, break it, show that nothing is lost, take it away"
	@echo "make deploy-check    look at every file of deploy/ with the tools that read it"

secrets:
	deploy/secrets.sh

cluster: secrets
	$(RUN) up --build --detach --wait

cluster-status:
	$(RUN) ps
	$(FACTORY) status

campaign:
	$(RUN) exec --no-TTY coordinator-1 sh -c 'cat >/tmp/run.toml && hafs-factory --config /tmp/run.toml --data-dir /var/lib/hafs runs start' <deploy/config/run.toml

join-link:
	$(FACTORY) token create --role worker

cluster-down:
	$(RUN) down

cluster-proof:
	scripts/cluster-proof.sh

deploy-check:
	scripts/deploy-check.sh
