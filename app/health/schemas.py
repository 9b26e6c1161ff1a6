"""What comes out of the health endpoints."""

from marshmallow import Schema, fields, validate


class HealthOut(Schema):
    """All is well."""

    status = fields.String(
        required=True, validate=validate.OneOf(["ok"]), metadata={"example": "ok"}
    )
