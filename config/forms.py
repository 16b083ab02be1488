"""How every form field of the product is drawn: by one template of our own, its error heard before its help."""

from typing import Any

from django.forms import Widget
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting


class DescribedBoundField(BoundField):
    """A form field as the pages show it: described by its error first, then by what else stands beside it."""

    @property
    def aria_describedby(self) -> str | None:
        """Return the ids of what describes the control, in the order in which they should be heard."""
        if self.field.widget.attrs.get("aria-describedby") or not self.auto_id or self.is_hidden:
            return None
        parts = {
            "error": self.errors,
            "returned": getattr(self.field, "returned_comment", ""),
            "helptext": self.help_text,
        }
        return " ".join(f"{self.auto_id}_{name}" for name, text in parts.items() if text) or None

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """Add what the scripts know the control by."""
        built = super().build_widget_attrs(attrs, widget)
        if kind := getattr(self.field, "kind", ""):
            built.setdefault("data-kind", kind)
        return built


class OfficeRenderer(TemplatesSetting):
    """Finds form templates among the project's, and draws each field with ``django/forms/field.html``."""

    field_template_name = "django/forms/field.html"
    bound_field_class = DescribedBoundField
