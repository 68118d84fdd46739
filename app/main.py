"""create_app(): wiring only."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.telemetry import TelemetryConfig

from app import logs
from app.api import (
    documents,
    front_page,
    limits,
    openapi,
    operational,
    operators,
    problems,
    served_document,
    static_files,
)
from app.api.backend import Backend, Extension
from app.api.calendar import calendars, deadlines, extensions, feeds, reminder_settings, tasks
from app.api.delivery import mail_delivery, mails, messages, preferences
from app.api.hours import (
    account_lists,
    accounts,
    allotment_requests,
    case_attachments,
    cases,
    charts,
    corrections,
    decisions,
    distributions,
    peer_group_quotas,
    plans,
    pools,
    proposals,
    references,
    returns,
    rounds,
    supplementary_requests,
)
from app.api.metrics import KeptMetrics
from app.api.middleware import Edge, LastResort
from app.api.organisations import (
    bank_accounts,
    confirmations,
    contacts,
    directory,
    images,
    organisations,
    payment_accounts,
    regional_offices,
    study_centre,
    training_rules,
)
from app.api.people import (
    api_keys,
    application_signatures,
    audit_entries,
    badge_applications,
    badge_definitions,
    email_verifications,
    main_user_applications,
    main_user_coverage,
    me,
    onboardings,
    people,
    personal_data,
    public_badges,
    role_applications,
    role_grants,
    role_invitations,
    signatories,
)
from app.api.routing import Index
from app.api.support import enrolments
from app.api.trainings import (
    authority_reports,
    certificate_batches,
    certificates,
    completions,
    cost_statements,
    koski_consents,
    koski_exports,
    model_comments,
    model_documents,
    model_reviews,
    model_versions,
    models,
    participant_erasures,
    participant_imports,
    participants,
    participation_claims,
    peer_group_changes,
    peer_group_participants,
    peer_group_submissions,
    peer_groups,
    public_calendar,
    public_certificates,
    register_extracts,
    statement_attachments,
    statistics,
    strategies,
    strategy_contributions,
    strategy_follow_ups,
    study_register,
    submissions,
    support_rules,
    topic_classes,
    training_changes,
    trainings,
)
from app.api.trainings import documents as training_documents
from app.api.transport import Cors, Head, JsonCompression, PublicReads
from app.db.connections import Connections, LimitedConnection
from app.db.schema import check_database
from app.settings import Settings, settings_from_environment

ROUTERS = (
    # The order of the groups in the document: oneself, the year, the organisations, the people.
    me.router,
    email_verifications.own_router,
    preferences.router,
    tasks.router,
    feeds.router,
    calendars.router,
    deadlines.router,
    extensions.router,
    reminder_settings.router,
    feeds.subscriptions,
    pools.router,
    proposals.router,
    decisions.router,
    plans.router,
    distributions.router,
    accounts.router,
    account_lists.router,
    charts.router,
    rounds.router,
    supplementary_requests.router,
    supplementary_requests.decisions_router,
    allotment_requests.router,
    returns.router,
    corrections.router,
    peer_group_quotas.router,
    references.router,
    cases.router,
    case_attachments.router,
    models.router,
    model_versions.router,
    model_comments.router,
    model_documents.router,
    model_reviews.router,
    trainings.router,
    submissions.router,
    submissions.batches,
    training_changes.router,
    training_documents.router,
    peer_groups.router,
    peer_group_submissions.router,
    peer_group_changes.router,
    training_documents.peer_groups_router,
    cost_statements.router,
    cost_statements.batches,
    statement_attachments.router,
    training_documents.statements_router,
    participants.router,
    participant_imports.router,
    peer_group_participants.router,
    participant_erasures.router,
    enrolments.participants_router,
    completions.trainings_router,
    completions.router,
    participation_claims.router,
    certificates.router,
    certificates.certificates_router,
    certificate_batches.router,
    certificate_batches.batches_router,
    public_certificates.router,
    study_register.own_router,
    study_register.router,
    study_register.public_router,
    register_extracts.router,
    koski_consents.consents_router,
    koski_consents.wordings_router,
    koski_exports.router,
    strategies.router,
    strategy_contributions.router,
    strategy_follow_ups.router,
    statistics.router,
    authority_reports.router,
    study_centre.router,
    payment_accounts.account_router,
    payment_accounts.changes_router,
    organisations.router,
    directory.router,
    confirmations.router,
    contacts.contact_router,
    regional_offices.router,
    contacts.assignments_router,
    bank_accounts.accounts_router,
    bank_accounts.changes_router,
    images.router,
    training_rules.router,
    support_rules.router,
    topic_classes.router,
    public_calendar.router,
    enrolments.router,
    people.registration,
    people.router,
    email_verifications.router,
    personal_data.router,
    role_applications.router,
    role_grants.router,
    role_invitations.router,
    main_user_coverage.router,
    onboardings.router,
    signatories.router,
    main_user_applications.router,
    application_signatures.router,
    badge_definitions.router,
    badge_applications.router,
    public_badges.router,
    api_keys.router,
    audit_entries.router,
    mails.router,
    mail_delivery.router,
    messages.router,
)
# Otherwise the framework looks for exporters at every request, and finds some by itself if the environment has any.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(
    settings: Settings,
    connection_class: type[LimitedConnection] = LimitedConnection,
    extension: Extension | None = None,
) -> FastAPI:
    """Return the service on one database; `connection_class` lets tests count round trips."""
    extension = extension or Extension()
    if not structlog.is_configured():
        logs.configure(settings.log_level)
    connections = Connections(
        settings.database_url,
        largest=settings.connections,
        idle_seconds=settings.connection_idle_seconds,
        statement_timeout_ms=settings.statement_timeout_ms,
        lock_timeout_ms=settings.lock_timeout_ms,
        connection_class=connection_class,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with operators.served(app):
            yield
        await connections.close()

    routers = (*ROUTERS, *extension.routers)
    app = FastAPI(
        title="Tuntipankki",
        version="1",
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.tags_of(routers),
        # A sandbox is also called by other names of its machine, for which browsers would refuse its own address.
        servers=[{"url": "/" if settings.public_url in (None, settings.own_address) else settings.public_url}],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect to the path with or without its last slash would repeat any host that the request names.
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.state.backend = Backend(settings, connections, extension)
    app.state.connected = Counter()
    app.state.anonymous = limits.anonymous_allowance(settings)
    app.state.files_in_flight = limits.InFlight("files", limits.MOST_FILES)
    app.state.csv_in_flight = limits.InFlight("csv", limits.MOST_CSV)
    app.state.document = served_document.KeptDocument(app, is_committed=not extension.routers)
    app.state.metrics = KeptMetrics()
    app.state.readiness = operational.Readiness()
    app.state.ledger_check = operational.LedgerCheck()
    # From the inside out: each is around those above it.
    app.add_middleware(JsonCompression)
    app.add_middleware(Head)
    if limits.are_limits_set(settings):
        app.add_middleware(limits.RateLimits, backend=app.state.backend, anonymous=app.state.anonymous)
    app.add_middleware(LastResort)
    if settings.cors_origins:
        app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(PublicReads)
    app.add_middleware(Edge)
    problems.install(app)
    for router in ROUTERS:
        # An included router would build each of its routes a second time, which takes a tenth of the start.
        app.routes.extend(router.routes)
    for router in extension.routers:
        app.include_router(router)
    app.include_router(front_page.router)
    app.include_router(email_verifications.page_router)
    app.include_router(enrolments.page_router)
    app.include_router(documents.router)
    app.include_router(role_invitations.page_router)
    app.include_router(served_document.router)
    app.include_router(operational.router)
    if settings.metrics_port is None:
        app.include_router(operational.metrics_router)
    app.include_router(static_files.router)
    app.router.routes.insert(0, Index(iter_route_contexts(app.routes)))
    openapi.complete(app)
    return app


def app_from_environment() -> FastAPI:
    """Return the service for `uvicorn --factory` and its workers, on a database that is already prepared."""
    settings = settings_from_environment()
    if settings.sandbox:
        raise ValueError("SANDBOX is set: start app.sandbox.main:app_from_environment, which serves a sandbox.")
    logs.configure(settings.log_level)
    check_database(settings.database_url, sandbox=False)
    return create_app(settings)
