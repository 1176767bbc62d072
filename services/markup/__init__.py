"""What people write, as HTML that can be shown to others."""

from services.markup.excerpt import excerpt
from services.markup.profile import Profile
from services.markup.rendering import to_html
from services.markup.worker import rendered

__all__ = ["Profile", "excerpt", "rendered", "to_html"]
