"""The one door to every PostgreSQL server."""
