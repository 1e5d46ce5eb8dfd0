"""The brake's questions to people, and which remote records stand in them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import registry.db

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('feed_hold',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('feed_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('live', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('begun_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('decided_at', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.CheckConstraint("status IN ('open', 'released', 'refused', 'passed')", name=op.f('ck_feed_hold_status')),
    sa.ForeignKeyConstraint(['feed_id'], ['feed.id'], name=op.f('fk_feed_hold_feed_id_feed')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feed_hold')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('feed_hold', schema=None) as batch_op:
        batch_op.create_index('ix_feed_hold_feed', ['feed_id', 'id'], unique=False)
        batch_op.create_index('uq_feed_hold_open', ['feed_id'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    with op.batch_alter_table('feed_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('hold_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index('ix_feed_record_hold', ['hold_id', 'id'], unique=False, sqlite_where=sa.text('hold_id IS NOT NULL'), postgresql_where=sa.text('hold_id IS NOT NULL'))



def downgrade() -> None:
    with op.batch_alter_table('feed_record', schema=None) as batch_op:
        batch_op.drop_index('ix_feed_record_hold', sqlite_where=sa.text('hold_id IS NOT NULL'), postgresql_where=sa.text('hold_id IS NOT NULL'))
        batch_op.drop_column('hold_id')

    with op.batch_alter_table('feed_hold', schema=None) as batch_op:
        batch_op.drop_index('uq_feed_hold_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index('ix_feed_hold_feed')

    op.drop_table('feed_hold')
