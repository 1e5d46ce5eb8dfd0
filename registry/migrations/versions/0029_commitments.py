"""commitments"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
TEXT = sqlmodel.sql.sqltypes.AutoString
BEFORE = (
    "act IN ('propose', 'accept', 'decline', 'ask', 'answer', 'withdraw', 'lapse', 'cancel', 'link', 'disburse', "
    "'deliver', 'object', 'post', 'met')"
)
ACTS = BEFORE.removesuffix(")") + ", 'reduce', 'reverse', 'flag', 'allow', 'end')"


def upgrade() -> None:
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.add_column(sa.Column('types', TEXT(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('first_amount', BIG, nullable=True))
        batch_op.add_column(sa.Column('need_amount', BIG, nullable=True))
        batch_op.add_column(sa.Column('need_currency', TEXT(length=3), nullable=True))
        batch_op.add_column(sa.Column('rate', TEXT(length=40), nullable=True))
        batch_op.add_column(sa.Column('rate_date', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('rate_source', TEXT(length=300), nullable=True))
        batch_op.add_column(sa.Column('flags', TEXT(length=200), server_default='', nullable=False))
    with op.batch_alter_table('proposal_step', schema=None) as batch_op:
        batch_op.add_column(sa.Column('flags', TEXT(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('reverses_id', BIG, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_proposal_step_reverses_id_proposal_step'), 'proposal_step', ['reverses_id'], ['id']
        )
        batch_op.drop_constraint(batch_op.f('ck_proposal_step_act'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_proposal_step_act'), ACTS)
    _fill()


def _fill() -> None:
    """What is agreed goes to lines of its type; without one, of those that both sides share now. Rates are worked out."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE proposal SET first_amount = amount, types = coalesce(type, '')"))
    rows = connection.execute(sa.text(
        "SELECT DISTINCT p.id, l.type FROM proposal p JOIN need_line l ON l.need_id = p.need_id "
        "JOIN offer_type o ON o.offer_id = p.offer_id AND o.type = l.type WHERE p.type IS NULL ORDER BY p.id, l.type"
    )).all()
    types: dict[int, list[str]] = {}
    for number, type_ in rows:
        types.setdefault(number, []).append(type_)
    for number, shared in types.items():
        connection.execute(
            sa.text("UPDATE proposal SET types = :types WHERE id = :id"), {"types": ",".join(shared), "id": number}
        )


def downgrade() -> None:
    with op.batch_alter_table('proposal_step', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_proposal_step_act'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_proposal_step_act'), BEFORE)
        batch_op.drop_constraint(batch_op.f('fk_proposal_step_reverses_id_proposal_step'), type_='foreignkey')
        batch_op.drop_column('reverses_id')
        batch_op.drop_column('flags')
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        for name in ('flags', 'rate_source', 'rate_date', 'rate', 'need_currency', 'need_amount', 'first_amount', 'types'):
            batch_op.drop_column(name)
