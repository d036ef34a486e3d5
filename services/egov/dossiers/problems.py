"""What may be wrong with an action on a dossier, each named by its fact."""

from libs.common.errors import Conflict, Forbidden


class ActionNotPossible(Conflict):
    """The dossier's stage does not allow the action."""

    slug = "dossier-action-not-possible"
    title_vi = "Hồ sơ đang ở bước không cho phép thao tác này"
    title_en = "The dossier's stage does not allow this"


class WrongSide(Forbidden):
    """The action belongs to another party of the dossier."""

    slug = "dossier-wrong-side"
    title_vi = "Thao tác này thuộc về bên khác của hồ sơ"
    title_en = "This belongs to another party of the dossier"


class DossierAlreadyOpen(Conflict):
    """The learner has an open dossier already."""

    slug = "dossier-already-open"
    title_vi = "Học sinh đã có hồ sơ chuyển trường đang giải quyết"
    title_en = "The learner has an open transfer dossier"


class LearnerElsewhere(Conflict):
    """The registry has told that the learner is no longer in the sending school."""

    slug = "dossier-learner-elsewhere"
    title_vi = "Học sinh không còn học ở trường cho chuyển; hãy lập hồ sơ mới từ trường hiện tại"
    title_en = "The learner is no longer in the sending school; file anew from the present one"


class AlreadySupplemented(Conflict):
    """A further request of the same kind, without the reason of whoever may decide."""

    slug = "dossier-already-supplemented"
    title_vi = "Chỉ được yêu cầu bổ sung một lần; lần sau do người có quyền quyết định yêu cầu, kèm lý do"
    title_en = "A supplement may be asked for once; a further request is made by whoever may decide, with a reason"


class SupplementTooLate(Conflict):
    """Defects found while handling must be told within three working days of intake."""

    slug = "dossier-supplement-too-late"
    title_vi = "Đã quá thời hạn yêu cầu bổ sung trong khi giải quyết"
    title_en = "The time for telling defects is over"


class AlreadyPostponed(Conflict):
    """A new appointment is given at most once."""

    slug = "dossier-already-postponed"
    title_vi = "Chỉ được hẹn lại một lần"
    title_en = "A new appointment is given at most once"


class CodesUsedUp(Conflict):
    """The agency has used all numbers of the day."""

    slug = "dossier-codes-used-up"
    title_vi = "Đã hết số hồ sơ trong ngày"
    title_en = "The numbers of the day are used up"


class AgencyCodeTaken(Conflict):
    """Another organisation has the agency code."""

    slug = "agency-code-taken"
    title_vi = "Mã cơ quan đã được dùng"
    title_en = "The agency code is taken"
