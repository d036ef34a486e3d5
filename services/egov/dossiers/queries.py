"""Reads of dossiers, each one statement."""

from typing import Literal
from uuid import UUID

from libs.common.db.policies import stands_in_scope
from libs.common.db.read import Document, Filter, Listing, Sort
from services.egov.dossiers.rules import Side, Stage
from services.egov.dossiers.schemas import AgencyOut, DossierListed, DossierOut, StepOut, TrackingOut

OVERDUE = "coalesce(d.step_due_at < now(), false)"
AT_RECEIVING = stands_in_scope("d.receiving_school_id")
FOR_RECEIPT = "CASE WHEN d.applicant_person_id = (SELECT scope_person()) OR " + AT_RECEIVING + " THEN d.tracking_key END"

DOSSIER = Document(
    DossierOut,
    "dossier d",
    where="d.dossier_id = :dossier_id",
    columns={"overdue": OVERDUE, "tracking_key": FOR_RECEIPT},
    version="d.version",
)
DOSSIERS = Listing(
    DossierListed,
    "dossier d",
    key="d.dossier_id",
    columns={"overdue": OVERDUE},
    filters={
        "stage": Filter("d.stage", Stage),
        "owner": Filter("d.owner", Side),
        "code": Filter("d.code", str),
        "learner_id": Filter("d.learner_id", UUID),
        "receiving": Filter("d.receiving_school_code", str),
        "sending": Filter("d.sending_school_code", str),
        "overdue": Filter(OVERDUE, Literal["true", "false"], condition="{e} = :value::text::boolean"),
    },
    sorts={"key": Sort("d.dossier_id", "uuid"), "waiting_since": Sort("d.waiting_since", "timestamptz")},
)
STEPS = Listing(
    StepOut,
    "dossier_step t",
    key="t.number",
    key_type="integer",
    where="t.dossier_id = :dossier_id",
)
TRACKING = Document(
    TrackingOut,
    "tracked_dossier(:code, :key) AS k(found)",
    where="k.found IS NOT NULL",
    columns={name: "k.found -> '" + name + "'" for name in TrackingOut.model_fields},
    version="k.found ->> 'version'",
)
AGENCY = Document(AgencyOut, "agency a", where="a.organisation_id = :organisation_id", version="a.version")
