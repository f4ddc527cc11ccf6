"""A town's one statement: who contributes what, how it is settled and signed; read by coordinators and contributors."""
