"""Errors in the shape in which Stripe answers them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer with a status of 400 or above and an `error` object."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message, **fields}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400 that names the parameter."""
    named = {"param": param, "code": code}
    return ApiError(400, message, **{name: value for name, value in named.items() if value})


def missing(kind: str, object_id: str) -> ApiError:
    """A 404 for an object that is not there."""
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")


def wrong_state(kind: str, message: str, current: dict[str, Any]) -> ApiError:
    """A 400 for an operation that the object's status does not allow."""
    error = ApiError(400, message, code=f"{kind}_unexpected_state")
    error.body["error"][kind] = current
    return error


def not_here(what: str) -> ApiError:
    """A 501 for what Stripe has and the stand-in has not: never a false 200."""
    return ApiError(501, f"The stand-in does not implement {what}.", "api_error")
