"""What can stand against a change of a content."""

from libs.common.errors import Conflict, Forbidden, Problem


class NotTheAuthor(Forbidden):
    """Only the author of a version changes and submits it."""

    slug = "not-the-author"
    title_vi = "Chỉ tác giả của phiên bản được sửa và gửi duyệt"
    title_en = "Only the author of the version changes and submits it"


class OwnReview(Forbidden):
    """Nobody reviews a content of which they wrote a version."""

    slug = "own-review"
    title_vi = "Không được duyệt tài liệu do chính mình soạn"
    title_en = "Nobody reviews what they wrote"


class VersionFrozen(Conflict):
    """The newest version is no draft any more."""

    slug = "version-frozen"
    title_vi = "Phiên bản đã gửi duyệt nên không sửa được; hãy tạo phiên bản mới"
    title_en = "The version has been submitted and is frozen; make a new version"


class VersionOpen(Conflict):
    """A draft or a version under review is there already."""

    slug = "version-open"
    title_vi = "Đã có một phiên bản đang soạn hoặc chờ duyệt"
    title_en = "A draft or a version under review is there already"


class NotUnderReview(Conflict):
    """The newest version does not wait for a decision."""

    slug = "not-under-review"
    title_vi = "Không có phiên bản nào đang chờ duyệt"
    title_en = "No version waits for a decision"


class NothingToReview(Conflict):
    """A draft without a file cannot be submitted."""

    slug = "nothing-to-review"
    title_vi = "Bản soạn chưa có tệp nên chưa gửi duyệt được"
    title_en = "The draft has no file yet"


class NothingToWithdraw(Conflict):
    """No version stands."""

    slug = "nothing-to-withdraw"
    title_vi = "Tài liệu không còn phiên bản nào để thu hồi"
    title_en = "No version is left to withdraw"


class RangeNotSatisfiable(Problem):
    """The range asked for lies outside the file."""

    slug = "range-not-satisfiable"
    status = 416
    title_vi = "Khoảng byte yêu cầu nằm ngoài tệp"
    title_en = "The range lies outside the file"
