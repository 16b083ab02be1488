"""The fixed vocabularies of the benefits domain: what may be stored, and what it is called on paper."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where an application stands."""

    DRAFT = "DRAFT", _("下書き")
    SUBMITTED = "SUBMITTED", _("確認待ち")
    RETURNED = "RETURNED", _("差戻し")
    APPROVED = "APPROVED", _("承認済み")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


EDITABLE = (Status.DRAFT, Status.RETURNED)


class AcceptedOffice(models.TextChoices):
    """The public health centre (保健所) that took the paper in."""

    CHUO = "CHUO", _("中央保健所")
    KITA = "KITA", _("北保健所")
    MINAMI = "MINAMI", _("南保健所")
    HIGASHI = "HIGASHI", _("東保健所")
    NISHI = "NISHI", _("西保健所")


class Programme(models.TextChoices):
    """The benefit that is applied for (制度): what a right can be limited to."""

    NANBYO = "NANBYO", _("特定医療費（指定難病）")


class Sex(models.TextChoices):
    """As the resident record states it."""

    MALE = "1", _("男")
    FEMALE = "2", _("女")


class YesNo(models.TextChoices):
    """A box on the form that is ticked or not."""

    YES = "YES", _("あり")
    NO = "NO", _("なし")


class ApplicantKind(models.TextChoices):
    """Who applies: the patient, a minor's guardian, or an agent."""

    SELF = "SELF", _("本人")
    GUARDIAN = "GUARDIAN", _("保護者")
    AGENT = "AGENT", _("代理人")


class InsuranceChoice(models.TextChoices):
    """The patient's medical insurance; decides whose tax counts (domain: 支給認定基準世帯員)."""

    KYOKAI = "KYOKAI", _("協会けんぽ")
    KUMIAI = "KUMIAI", _("健康保険組合")
    KYOSAI = "KYOSAI", _("共済組合")
    SENIN = "SENIN", _("船員保険")
    KOKUHO = "KOKUHO", _("市町村国保")
    KOKUHO_KUMIAI = "KOKUHO_KUMIAI", _("国保組合")
    KOUKI = "KOUKI", _("後期高齢者医療")
    SEIHO = "SEIHO", _("生活保護（保険なし）")


#: Insurance through work: the insured person's tax alone counts.
EMPLOYEE_INSURANCE = frozenset(
    {InsuranceChoice.KYOKAI, InsuranceChoice.KUMIAI, InsuranceChoice.KYOSAI, InsuranceChoice.SENIN},
)


class InsuredKind(models.TextChoices):
    """Whether the patient is the insured person or belongs to one."""

    SELF = "SELF", _("本人（被保険者）")
    FAMILY = "FAMILY", _("家族（被扶養者）")


class TaxChoice(models.TextChoices):
    """What is known of somebody's 市町村民税. Unknown is a state of its own, never a silent default."""

    TAXED = "TAXED", _("課税")
    EXEMPT = "EXEMPT", _("非課税")
    UNKNOWN = "UNKNOWN", _("未取得")


class MemberInsurance(models.TextChoices):
    """Whether a household member is in the patient's medical insurance."""

    SAME = "SAME", _("同じ")
    OTHER = "OTHER", _("別")


class Basis(models.TextChoices):
    """Why the patient is eligible."""

    SEVERITY = "SEVERITY", _("重症度基準")
    MILD_HIGH_COST = "MILD_HIGH_COST", _("軽症高額")


class LateReason(models.TextChoices):
    """Why the application came later than a month after the diagnosis, when that could not be helped."""

    NONE = "NONE", _("なし")
    CERTIFICATE = "CERTIFICATE", _("診断書の受領に時間を要した")
    CONDITION = "CONDITION", _("症状の悪化・入院")
    DISASTER = "DISASTER", _("大規模災害")
    OTHER = "OTHER", _("その他やむを得ない理由")


class NumberGiven(models.TextChoices):
    """Whether the applicant wrote a My Number. An empty box is no ground for refusing an application."""

    GIVEN = "GIVEN", _("記載あり")
    NOT_GIVEN = "NOT_GIVEN", _("記載なし")


class AbsenceReason(models.TextChoices):
    """Why no My Number was given."""

    LEFT_BLANK = "LEFT_BLANK", _("申請書の記載なし（住基ネットで取得予定）")
    DECLINED = "DECLINED", _("本人が記載を希望しない")
    NONE_ISSUED = "NONE_ISSUED", _("個人番号が付番されていない")


class HolderNumber(models.TextChoices):
    """Whether somebody of the household wrote their My Number; if not, why."""

    GIVEN = "GIVEN", _("記載あり")
    LEFT_BLANK = "LEFT_BLANK", _("記載なし：申請書が空欄")
    DECLINED = "DECLINED", _("記載なし：本人が希望しない")
    NONE_ISSUED = "NONE_ISSUED", _("記載なし：付番されていない")
    HELD_ALREADY = "HELD_ALREADY", _("記載なし：ほかの申請で登録済み")


class HolderKind(models.TextChoices):
    """As whom somebody beside the patient gives their number. The codes are the vault's."""

    GUARDIAN = "GUARDIAN", _("保護者")
    MEMBER = "MEMBER", _("世帯員")


class ThirdOutcome(models.TextChoices):
    """What a third person's comparison came to."""

    AGREED = "AGREED", _("一致")
    DIFFERED = "DIFFERED", _("不一致（差戻し）")


class Document(models.TextChoices):
    """Papers that came with the application."""

    APPLICATION = "APPLICATION", _("支給認定申請書")
    CLINICAL = "CLINICAL", _("臨床調査個人票")
    RESIDENT = "RESIDENT", _("住民票")
    INSURANCE = "INSURANCE", _("保険の資格情報")
    TAX = "TAX", _("課税（非課税）証明書")
    CONSENT = "CONSENT", _("同意書")


class NumberEvidence(models.TextChoices):
    """What showed the My Number (番号確認). 個人番号通知書 is not accepted and therefore not on the list."""

    CARD = "CARD", _("マイナンバーカード")
    RESIDENT_RECORD = "RESIDENT_RECORD", _("個人番号入りの住民票")
    NOTICE_CARD = "NOTICE_CARD", _("通知カード（記載事項が現在と一致するもの）")


class IdentityEvidence(models.TextChoices):
    """What showed who the applicant is (身元確認)."""

    CARD = "CARD", _("マイナンバーカード")
    LICENCE = "LICENCE", _("運転免許証")
    PASSPORT = "PASSPORT", _("旅券")
    HANDBOOK = "HANDBOOK", _("障害者手帳など")
    TWO_DOCUMENTS = "TWO_DOCUMENTS", _("その他の書類2点")
