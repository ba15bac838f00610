"""The same models on Spark: run by `make test-spark` in an environment of their own, unknown to `make test`."""
