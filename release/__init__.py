"""What makes a release of a tag, and what holds a commit against the release before it. See docs/operate/release.md."""
