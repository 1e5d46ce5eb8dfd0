"""Whose turn it is to ask a partner's server; keys and pings of feeds."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('host_turn',
    sa.Column('host', sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
    sa.Column('owner', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
    sa.Column('until', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('free_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_host_turn'))
    )
    op.create_table('feed_key',
    sa.Column('feed_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('salt', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('fingerprint', sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
    sa.Column('previous_salt', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.Column('previous_until', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('made_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(previous_salt IS NULL) = (previous_until IS NULL)', name=op.f('ck_feed_key_previous')),
    sa.ForeignKeyConstraint(['feed_id'], ['feed.id'], name=op.f('fk_feed_key_feed_id_feed'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('feed_id', name=op.f('pk_feed_key'))
    )
    op.create_table('feed_ping',
    sa.Column('feed_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('timestamp', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feed.id'], name=op.f('fk_feed_ping_feed_id_feed'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('feed_id', 'message_id', name=op.f('pk_feed_ping'))
    )
    with op.batch_alter_table('feed_ping', schema=None) as batch_op:
        batch_op.create_index('ix_feed_ping_at', ['feed_id', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('feed_ping', schema=None) as batch_op:
        batch_op.drop_index('ix_feed_ping_at')

    op.drop_table('feed_ping')
    op.drop_table('feed_key')
    op.drop_table('host_turn')