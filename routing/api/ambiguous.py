"""Addresses that may also be the name of an object: the slash that ends a name may stand in another one."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from routing.services.configuration.stored import is_there

View = Callable[..., HttpResponseBase]


def or_object(section: str, word: str, view: Any, of_object: View) -> View:
    """`view`, found at `<name>/<word>/`, unless that is an object's whole name and cannot mean anything else.

    It means the object, such as a project with the slug `history`, when nothing is called `<name>`, or `view` does
    not know the method.
    """
    known = {method for method in ("get", "post", "put", "patch", "delete") if hasattr(view.cls, method)}

    def either(request: HttpRequest, name: str) -> HttpResponseBase:
        whole = f"{name}/{word}"
        is_act = (request.method or "").lower() in known and is_there(section, name)
        if not is_act and is_there(section, whole):
            return of_object(request, name=whole)
        answer: HttpResponseBase = view(request, name=name)
        return answer

    return update_wrapper(either, view)
