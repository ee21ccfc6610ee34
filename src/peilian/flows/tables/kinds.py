"""The kinds of business tables (经营数据表) and their columns, declared: what a file may hold, and how it is called.

A column with a ``role`` names somebody or something of the directory: a person, an account, a shop, a customer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from peilian.engine._kernel import Text
from peilian.flows.tables.cells import ColumnType

Role = Literal["", "person", "account", "shop", "customer", "private"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``names`` are further headings it is known by.

    ``can_be_fixed``: a file without it may state one value for all its rows. ``private`` text is masked.
    """

    key: str
    type: ColumnType
    title: Text
    about: Text
    names: tuple[str, ...] = ()
    is_required: bool = False
    can_be_fixed: bool = False
    role: Role = ""
    choices: Mapping[str, Text] = field(default_factory=dict)
    choice_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    example: Text = field(default_factory=Text)

    def headings(self) -> tuple[str, ...]:
        """Everything it may be called, bare."""
        return tuple(
            dict.fromkeys(bare(name) for name in (self.key, self.title.zh, self.title.en, *self.names) if name)
        )


@dataclass(frozen=True, slots=True)
class TableKind:
    """One kind of table. ``identity`` are the columns that tell rows apart; ``needs_one_of`` lists columns of which a
    row needs at least one; ``on`` is the column whose day places a row in a month."""

    key: str
    title: Text
    about: Text
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    on: tuple[str, ...]
    needs_one_of: tuple[tuple[str, ...], ...] = ()

    def column(self, key: str) -> Column:
        """The column of a key."""
        return next(column for column in self.columns if column.key == key)


def bare(heading: Any) -> str:
    """A heading without case, spaces, underscores, and what stands in brackets behind it."""
    text = unicodedata.normalize("NFKC", str(heading or "")).lower()
    return re.sub(r"[\s_\-*:：]+|\(.*?\)|\[.*?\]", "", text)


def _pair(text: str) -> Text:
    """A text written as Chinese, a bar, English."""
    zh, _bar, en = text.partition(" | ")
    return Text(zh=zh or None, en=en or None)


def _column(
    key: str,
    type: ColumnType,
    title: str,
    about: str,
    *,
    names: str = "",
    is_required: bool = False,
    can_be_fixed: bool = False,
    role: Role = "",
    choices: Mapping[str, str] | None = None,
    example: str = "",
) -> Column:
    """A column from texts with bars; a choice is its Chinese and English name, then what else it may be called."""
    called = {value: text.split(" | ") for value, text in (choices or {}).items()}
    return Column(
        key,
        type,
        _pair(title),
        _pair(about),
        tuple(name for name in names.split(" | ") if name),
        is_required,
        can_be_fixed,
        role,
        {value: Text(zh=texts[0], en=texts[1]) for value, texts in called.items()},
        {value: tuple(texts[2:]) for value, texts in called.items()},
        _pair(example),
    )


def _employee(*, is_required: bool = False) -> Column:
    return _column(
        "employee",
        "text",
        "员工 | Employee",
        "工号，或花名册里唯一的姓名 | employee number, or a name that only one person has",
        names=(
            "工号 | 姓名 | 员工工号 | 员工姓名 | 员工编号 | 客服 | 客服姓名 | 客服人员 | 销售员 | 归属客服 | "
            "employee number | number | name | agent"
        ),
        is_required=is_required,
        role="person",
        example="1001 | 1001",
    )


def _account() -> Column:
    return _column(
        "account",
        "text",
        "客服账号 | Account",
        "平台子账号；按当时使用它的人记到员工名下 | platform account; credited to whoever used it at the time",
        names="子账号 | 客服子账号 | 旺旺 | 客服旺旺 | 客服昵称 | 账号 | agent account | author",
        role="account",
        example="云杉:小禾 | spruce:lin",
    )


def _shop(*, is_required: bool = False) -> Column:
    return _column(
        "shop",
        "text",
        "店铺 | Shop",
        "店铺的名称或编码 | name or code of the shop",
        names="店铺名称 | 店铺名 | 网店 | 门店 | store | shop name",
        can_be_fixed=True,
        is_required=is_required,
        role="shop",
        example="旗舰店 | Flagship",
    )


def _month() -> Column:
    return _column(
        "month",
        "month",
        "月份 | Month",
        "例如 2026-11 或 2026年11月 | such as 2026-11",
        names="月 | 年月 | 统计月份 | 考核月份 | 所属月份 | period",
        is_required=True,
        can_be_fixed=True,
        example="2026-11 | 2026-11",
    )


def _day(more: str = "") -> Column:
    names = "日期 | 统计日期 | date | day | 时间" + (f" | {more}" if more else "")
    return _column(
        "day",
        "date",
        "日期 | Date",
        "例如 2026-11-22 | such as 2026-11-22",
        names=names,
        is_required=True,
        example="2026-11-22 | 2026-11-22",
    )


ORDERS = TableKind(
    "orders",
    _pair("订单 | Orders"),
    _pair("每行一个订单，或订单里的一件商品 | a row for each order, or for each item of one"),
    (
        _column(
            "order",
            "text",
            "订单号 | Order",
            "平台的订单编号 | the platform's order number",
            names="订单编号 | 主订单编号 | 主订单号 | 交易号 | order id | order number | order no",
            is_required=True,
            example="1738200001 | 1738200001",
        ),
        _column(
            "line",
            "text",
            "子订单号 | Order line",
            "同一订单分几行时用来区分 | tells the rows of one order apart",
            names="子订单编号 | 商品行号 | line | sub order",
            example="1738200001-1 | 1738200001-1",
        ),
        _column(
            "ordered_at",
            "moment",
            "下单时间 | Ordered at",
            "有没有时刻都可以 | with or without the time of day",
            names="订单创建时间 | 创建时间 | 下单日期 | order time | created",
            example="2026-11-22 15:04 | 2026-11-22 15:04",
        ),
        _column(
            "paid_at",
            "moment",
            "付款时间 | Paid at",
            "订单按付款的那天计入月份 | an order counts in the month it was paid",
            names="订单付款时间 | 支付时间 | 付款日期 | payment time | paid",
            example="2026-11-22 15:06 | 2026-11-22 15:06",
        ),
        _shop(),
        _employee(),
        _account(),
        _column(
            "amount",
            "money",
            "实付金额 | Amount paid",
            "元；可写 ￥1,234.50 或 1.2万 | yuan; ¥1,234.50 or 1.2万 is fine",
            names=(
                "金额 | 订单金额 | 买家实付金额 | 买家实际支付金额 | 付款金额 | 支付金额 | 成交金额 | 销售额 | "
                "amount | paid amount | total"
            ),
            is_required=True,
            example="368.00 | 368.00",
        ),
        _column(
            "refunded",
            "money",
            "退款金额 | Refunded",
            "没有退款就留空 | empty when nothing was paid back",
            names="已退款金额 | 退款 | refund | refund amount",
            example="0 | 0",
        ),
        _column(
            "state",
            "choice",
            "订单状态 | State",
            "退货与退款都算退单 | both refunded and returned count as given back",
            names="状态 | 交易状态 | status | order status",
            is_required=True,
            can_be_fixed=True,
            choices={
                "paid": (
                    "已付款 | Paid | 已支付 | 待发货 | 买家已付款 | 等待卖家发货 | 卖家已发货 | 已发货 | 待收货 | "
                    "shipped"
                ),
                "done": "已完成 | Done | 交易成功 | 交易完成 | 完成 | 已签收 | completed | success",
                "unpaid": "未付款 | Unpaid | 待付款 | 等待买家付款 | 未支付 | pending",
                "cancelled": "付款前取消 | Cancelled before payment | 已取消 | 取消 | 未付款关闭 | canceled",
                "refunded": "已退款 | Refunded | 退款成功 | 全额退款 | 仅退款 | 退款 | refund",
                "returned": "已退货 | Returned | 退货退款 | 退货 | 退单 | return",
            },
            example="已完成 | Done",
        ),
        _column(
            "item",
            "text",
            "商品 | Item",
            "商品编码或名称；与主推单品对应 | code or name; matched with featured items",
            names="商品编码 | 商品名称 | 商家编码 | 货号 | 宝贝标题 | sku | product | item code",
            example="QH-200 | QH-200",
        ),
        _column(
            "quantity",
            "count",
            "数量 | Quantity",
            "件数；留空为 1 | pieces; 1 when empty",
            names="件数 | 购买数量 | 宝贝总数量 | qty | pieces",
            example="1 | 1",
        ),
        _column(
            "customer",
            "text",
            "买家 | Customer",
            "只存假名 | stored as a pseudonym only",
            names="买家会员名 | 买家昵称 | 买家账号 | 客户 | buyer | buyer id",
            role="customer",
        ),
    ),
    identity=("order", "line"),
    on=("paid_at", "ordered_at"),
    needs_one_of=(("paid_at", "ordered_at"),),
)
SALES_TARGETS = TableKind(
    "sales_targets",
    _pair("销售目标 | Sales targets"),
    _pair("每人或每店一个月的目标 | the target of a person or a shop for a month"),
    (
        _month(),
        _employee(),
        _shop(),
        _column(
            "amount",
            "money",
            "目标金额 | Target",
            "元；可写 5万 | yuan; 5万 is fine",
            names="销售目标 | 目标 | 月目标 | 目标销售额 | 任务 | target | sales target",
            is_required=True,
            example="50000 | 50000",
        ),
    ),
    identity=("month", "employee", "shop"),
    on=("month",),
    needs_one_of=(("employee", "shop"),),
)
FEATURED_ITEMS = TableKind(
    "featured_items",
    _pair("主推单品 | Featured items"),
    _pair("一个月主推哪些商品，各要卖多少 | which items are to be sold first in a month, and how much of each"),
    (
        _month(),
        _column(
            "item",
            "text",
            "商品 | Item",
            "与订单里的商品写法一致 | written as in the orders",
            names="商品编码 | 商品名称 | 主推单品 | 主推商品 | 单品 | 货号 | sku | product | featured item",
            is_required=True,
            example="QH-200 | QH-200",
        ),
        _employee(),
        _shop(),
        _column(
            "amount",
            "money",
            "目标金额 | Target amount",
            "按金额定目标时填 | when the target is an amount",
            names="目标销售额 | 销售目标 | 目标 | target",
            example="20000 | 20000",
        ),
        _column(
            "quantity",
            "count",
            "目标件数 | Target pieces",
            "按件数定目标时填 | when the target is a number of pieces",
            names="目标数量 | 目标销量 | target quantity",
        ),
        _column(
            "share",
            "ratio",
            "目标占比 | Target share",
            "占本人销售额的比例，例如 30% | share of the own sales, such as 30%",
            names="占比目标 | 主推占比 | 目标比例 | target ratio | share",
        ),
    ),
    identity=("month", "item", "employee", "shop"),
    on=("month",),
)
ATTENDANCE = TableKind(
    "attendance",
    _pair("考勤 | Attendance"),
    _pair("每人每天一行 | a row for each person and day"),
    (
        _day("考勤日期 | 打卡日期"),
        _employee(is_required=True),
        _column(
            "state",
            "choice",
            "出勤情况 | Presence",
            "迟到、旷工、请假分开写 | late, absent and leave are kept apart",
            names="状态 | 考勤状态 | 出勤状态 | 考勤结果 | 打卡结果 | status",
            is_required=True,
            choices={
                "present": "出勤 | Present | 正常 | 正常出勤 | √ | on-time | ok",
                "late": "迟到 | Late | 迟到打卡",
                "absent": "旷工 | Absent without leave | 缺勤 | 缺卡 | absent | 未到岗",
                "leave": "请假 | On leave | 事假 | 病假 | 年假 | 调休 | 假 | 婚假 | 产假 | 丧假 | leave",
                "off": "休息 | Day off | 休 | 公休 | 节假日 | 排休 | 轮休 | off | rest",
            },
            example="出勤 | Present",
        ),
        _column(
            "worked",
            "number",
            "出勤天数 | Days worked",
            "半天写 0.5；留空按出勤情况 | 0.5 for half a day; by presence when empty",
            names="实际出勤 | 出勤 | worked",
        ),
        _column(
            "late_minutes",
            "count",
            "迟到分钟 | Minutes late",
            "只作记录 | for the record",
            names="迟到时长 | 迟到时间 | late minutes",
        ),
    ),
    identity=("day", "employee"),
    on=("day",),
)
SHOP_DAYS = TableKind(
    "shop_days",
    _pair("访问与咨询 | Visits and consultations"),
    _pair(
        "每店每天一行；写了员工就是这位员工在当天的数据 | "
        "a row for each shop and day; with an employee, that person's day"
    ),
    (
        _day(),
        _shop(),
        _employee(),
        _account(),
        _column(
            "visits",
            "count",
            "访问量 | Visits",
            "店铺的访客数 | visitors of the shop",
            names="访客数 | 访客 | 浏览量 | uv | visitors",
            example="4200 | 4200",
        ),
        _column(
            "consultations",
            "count",
            "咨询量 | Consultations",
            "前来咨询的人次 | customers who asked",
            names="咨询人次 | 咨询人数 | 接待量 | 接待人数 | 咨询数 | inquiries",
            example="216 | 216",
        ),
        _column(
            "responses",
            "count",
            "应答量 | Responses",
            "有应答的咨询 | consultations that were answered",
            names="应答数 | 应答 | 回复量 | 回复数 | answered",
            example="210 | 210",
        ),
        _column(
            "sales",
            "money",
            "销售额 | Sales",
            "店铺当天的销售额；没有订单表时用来画日销售额 | the shop's sales of the day, for days without orders",
            names="日销售额 | 成交金额 | 营业额 | revenue",
        ),
    ),
    identity=("day", "shop", "employee"),
    on=("day",),
    needs_one_of=(("shop", "employee", "account"), ("visits", "consultations", "responses", "sales")),
)
SHOP_SNAPSHOTS = TableKind(
    "shop_snapshots",
    _pair("店铺月度概况 | Shop snapshots"),
    _pair("每店每月一行，用来比较店铺 | a row for each shop and month, for comparing shops"),
    (
        _month(),
        _shop(is_required=True),
        _column(
            "agents",
            "number",
            "客服人数 | Agents",
            "当月客服人数 | agents of the month",
            names="人数 | 客服数 | headcount",
            example="3 | 3",
        ),
        _column(
            "daily_consultations",
            "number",
            "日均咨询 | Consultations a day",
            "平均每天的咨询人次 | customers who asked, a day on average",
            names="日均咨询量 | 日均接待 | 咨询量 | daily consultations | consultations",
            example="650 | 650",
        ),
        _column(
            "wage",
            "money",
            "客服工资 | Wage",
            "元；说明是合计还是人均 | yuan; say whether of all or of each",
            names="工资 | 薪资 | wages | salary",
            example="8000 | 8000",
        ),
        _column(
            "wage_reading",
            "choice",
            "工资口径 | Wage is",
            "全部客服合计，还是每人 | of all agents together, or of each",
            names="工资类型 | wage type | wage reading",
            can_be_fixed=True,
            choices={
                "total": "合计 | Total | 总额 | 总计 | 全部",
                "per_person": "人均 | Per person | 每人 | 单人 | 平均 | each",
            },
            example="合计 | Total",
        ),
        _column(
            "sales",
            "money",
            "月销售额 | Monthly sales",
            "元；可写 50W | yuan; 50W is fine",
            names="销售额 | 月销售 | monthly sales | revenue",
            example="50万 | 500000",
        ),
    ),
    identity=("month", "shop"),
    on=("month",),
    needs_one_of=(("agents", "daily_consultations", "wage", "sales"),),
)
REPORT_SUBMISSIONS = TableKind(
    "report_submissions",
    _pair("报告提交 | Report submissions"),
    _pair("每份应交的报告一行，没交的也要写 | a row for each report that is due, also for those not handed in"),
    (
        _employee(is_required=True),
        _column(
            "title",
            "text",
            "报告 | Report",
            "报告的名称 | what the report is called",
            names="报告名称 | 报告类型 | 名称 | report name",
            is_required=True,
            example="月度总结 | Monthly summary",
        ),
        _column(
            "due_at",
            "moment",
            "截止时间 | Due",
            "只写日期就是当天结束前 | a date alone means until its end",
            names="应交时间 | 应交日期 | 截止日期 | deadline | due date",
            is_required=True,
            example="2026-11-30 | 2026-11-30",
        ),
        _column(
            "received_at",
            "moment",
            "提交时间 | Received",
            "没有提交就留空 | empty when it never came",
            names="实交时间 | 提交日期 | 收到时间 | submitted | received at",
            example="2026-11-29 17:20 | 2026-11-29 17:20",
        ),
        _column(
            "place",
            "text",
            "提交处 | Place",
            "交到哪里 | where it was handed in",
            names="提交地点 | 指定处 | place",
            example="共享盘 | Shared folder",
        ),
        _column(
            "quality",
            "number",
            "质量评分 | Quality score",
            "默认 2 分达标 | 2 is good enough unless set otherwise",
            names="质量分 | 报告质量 | 评分 | 得分 | quality | score",
            example="2 | 2",
        ),
    ),
    identity=("employee", "title", "due_at"),
    on=("due_at",),
)
REVIEWS = TableKind(
    "reviews",
    _pair("买家评价 | Reviews"),
    _pair("每条评价一行 | a row for each review"),
    (
        _column(
            "reference",
            "text",
            "评价编号 | Reference",
            "评价或订单的编号 | number of the review or of its order",
            names="订单号 | 订单编号 | 评价id | review id | order",
            is_required=True,
            example="1738200001 | 1738200001",
        ),
        _column(
            "at",
            "moment",
            "评价时间 | Time",
            "有没有时刻都可以 | with or without the time of day",
            names="日期 | 评价日期 | 时间 | date | reviewed at",
            is_required=True,
            example="2026-11-25 20:11 | 2026-11-25 20:11",
        ),
        _employee(),
        _account(),
        _column(
            "score",
            "number",
            "评分 | Score",
            "0 到 5 分 | 0 to 5",
            names="星级 | 分数 | 打分 | rating | stars",
            example="5 | 5",
        ),
        _column(
            "mark",
            "choice",
            "好中差评 | Mark",
            "平台的好评、中评、差评 | good, neutral or bad, as the platform says",
            names="评价类型 | 评价结果 | 评价 | result | mark",
            choices={
                "good": "好评 | Good | 好 | 满意 | positive",
                "neutral": "中评 | Neutral | 中 | 一般",
                "bad": "差评 | Bad | 差 | 不满意 | negative",
            },
            example="好评 | Good",
        ),
        _column(
            "text",
            "text",
            "评价内容 | Text",
            "存入前脱敏 | masked before it is stored",
            names="内容 | 评语 | comment",
            role="private",
            example="回复很快 | Quick answer",
        ),
    ),
    identity=("reference", "employee"),
    on=("at",),
    needs_one_of=(("employee", "account"), ("score", "mark")),
)
VIOLATIONS = TableKind(
    "violations",
    _pair("违规与事件 | Violations and events"),
    _pair("每件事一行；导入后要由主管确认 | a row for each event; a supervisor confirms it afterwards"),
    (
        _day("发生日期 | 违规日期"),
        _employee(is_required=True),
        _column(
            "kind",
            "choice",
            "类型 | Kind",
            "事件登记里的类型 | a kind of the event register",
            names="违规类型 | 事件类型 | 事件 | type",
            is_required=True,
            can_be_fixed=True,
        ),
        _column(
            "text",
            "text",
            "说明 | What happened",
            "发生了什么；存入前脱敏 | what happened; masked before it is stored",
            names="描述 | 情况说明 | 内容 | 备注 | description | details",
            is_required=True,
            role="private",
            example="未按规范用语回复 | Left out the agreed wording",
        ),
        _column(
            "reference",
            "text",
            "凭证 | Reference",
            "会话号、工单号或文件名 | a conversation, a ticket or a file",
            names="依据 | 证据 | 会话号 | 工单号 | evidence",
            example="TK-3391 | TK-3391",
        ),
    ),
    identity=("day", "employee", "kind", "reference", "text"),
    on=("day",),
)

KINDS: Mapping[str, TableKind] = {
    kind.key: kind
    for kind in (
        ORDERS,
        SALES_TARGETS,
        FEATURED_ITEMS,
        ATTENDANCE,
        SHOP_DAYS,
        SHOP_SNAPSHOTS,
        REPORT_SUBMISSIONS,
        REVIEWS,
        VIOLATIONS,
    )
}
