"""What keeps the ground sound: known vulnerabilities, licences, newer versions, and tests of the tests (docs/upkeep.md)."""
