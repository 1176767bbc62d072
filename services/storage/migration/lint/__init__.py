"""Which migrations the version that runs now would not survive, found before anybody runs them.

During a rollout two versions use one schema, and a rollback goes back to the old one on the new schema. `findings`
runs the revisions of a service against a recorder, and says what breaks that or holds a lock for long.
"""

from services.storage.migration.lint.judgement import Offence, findings

__all__ = ["Offence", "findings"]
