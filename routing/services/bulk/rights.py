"""A job acts with the rights of whoever began it, for as long as they have them."""

from datetime import datetime

from routing.models import ActorKind, BulkJob, BulkReason
from routing.services.bulk.acts import ACTS


def lost(job: BulkJob, now: datetime) -> BulkReason | None:
    """Why a job may not go on; None while it may. `job` is as the database has it now."""
    if job.actor_kind == ActorKind.TOKEN:
        return _lost_by_token(job, now)
    if job.actor_kind == ActorKind.USER:
        return _lost_by_user(job)
    return None


def _lost_by_token(job: BulkJob, now: datetime) -> BulkReason | None:
    token = job.token
    if token is None:
        return BulkReason.TOKEN_REVOKED
    return BulkReason.TOKEN_EXPIRED if token.expires_at and token.expires_at <= now else None


def _lost_by_user(job: BulkJob) -> BulkReason | None:
    user = job.user
    if user is None or not user.is_active:
        return BulkReason.USER_DEACTIVATED
    return None if user.is_staff and user.has_perm(ACTS[job.act].permission) else BulkReason.PERMISSION_LOST
