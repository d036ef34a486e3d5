"""What the present state of the tree may not allow."""

from libs.common.errors import Conflict


class OrganisationCodeTaken(Conflict):
    """Another organisation bears the code during the period; afterwards it may be used again."""

    slug = "organisation-code-taken"
    title_vi = "Mã đơn vị đã được dùng trong thời gian này"
    title_en = "The organisation code is taken during this period"


class OrganisationNotInForce(Conflict):
    """The organisation does not exist on the day of the change."""

    slug = "organisation-not-in-force"
    title_vi = "Đơn vị không tồn tại vào ngày thay đổi"
    title_en = "The organisation does not exist on the day of the change"


class ParentNotInForce(Conflict):
    """The parent does not exist during the whole period of the child."""

    slug = "parent-not-in-force"
    title_vi = "Đơn vị cấp trên không tồn tại trong suốt thời gian này"
    title_en = "The parent does not exist during the whole period"


class ParentIsBelow(Conflict):
    """The new parent stands under the organisation itself."""

    slug = "parent-is-below"
    title_vi = "Đơn vị cấp trên mới lại nằm dưới chính đơn vị này"
    title_en = "The new parent stands under the organisation itself"


class ChildrenRemain(Conflict):
    """Organisations still stand under the one that is to end."""

    slug = "children-remain"
    title_vi = "Vẫn còn đơn vị trực thuộc"
    title_en = "Organisations still stand under it"


class LaterVersionsExist(Conflict):
    """Versions with a later date would be lost."""

    slug = "later-versions-exist"
    title_vi = "Đã có thay đổi ghi nhận cho ngày muộn hơn"
    title_en = "Changes with a later date exist already"


class KindFixed(Conflict):
    """An organisation keeps its kind; another kind is another organisation."""

    slug = "organisation-kind-fixed"
    title_vi = "Không thể đổi loại đơn vị"
    title_en = "The kind of an organisation does not change"


class LearnersRemain(Conflict):
    """Learners are enrolled beyond the day on which the school is to end, and no school takes its place."""

    slug = "learners-remain"
    title_vi = "Trường vẫn còn học sinh đang học"
    title_en = "Learners are still enrolled at the school"
